"""Name and format of each figure, for the page and for tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

UNDEFINED = "–"
SPLITS = 20  # number of warnings shown one by one
LARGEST = 1e9  # largest number written out


class Figure(NamedTuple):
    """A figure's name for people, and its unit: `percent` (of a fraction), `count`, `number` or `money`."""

    label: str
    unit: str


FIGURES = {
    "periods": Figure("returns", "count"),
    "total_return": Figure("total return", "percent"),
    "cagr": Figure("return a year (CAGR)", "percent"),
    "volatility": Figure("volatility a year", "percent"),
    "sharpe": Figure("Sharpe ratio", "number"),
    "psr": Figure("probability of a Sharpe ratio above 0", "percent"),
    "sortino": Figure("Sortino ratio", "number"),
    "max_drawdown": Figure("deepest drawdown", "percent"),
    "max_drawdown_periods": Figure("longest drawdown, returns", "count"),
    "calmar": Figure("Calmar ratio", "number"),
    "trades": Figure("trades", "count"),
    "hit_rate": Figure("trades with a gain", "percent"),
    "profit_factor": Figure("profit factor", "number"),
    "expectancy": Figure("result of a trade", "money"),
    "payoff": Figure("mean gain over mean loss", "number"),
    "bars_held": Figure("bars held", "number"),
    "exposure": Figure("bars in a position", "percent"),
    "turnover": Figure("turnover a year, times the equity", "number"),
    "fees": Figure("fees", "money"),
    "slippage": Figure("spread and slippage", "money"),
    "cost_drag": Figure("costs a year", "percent"),
    "var99_days": Figure("days with a value at risk", "count"),
    "var99_exceedances": Figure("days that lost more", "count"),
    "kupiec": Figure("Kupiec's likelihood ratio", "number"),
}


def written(name: str, value: float | None) -> str:
    """Return a figure as text for people."""
    return write(FIGURES[name].unit, value)


def write(unit: str, value: float | None) -> str:
    """Return a value of this unit as text; a value that is not finite is undefined."""
    if value is None or value != value or value in (float("inf"), float("-inf")):
        return UNDEFINED
    if unit == "count":
        return f"{value:,.0f}"
    shown, sign = (100 * value, "%") if unit == "percent" else (value, "")
    if abs(shown) < 0.005:
        shown = 0.0  # no minus sign
    return f"{shown:,.2f}{sign}" if abs(shown) < LARGEST else f"{shown:.2e}{sign}"


def split_warnings(splits: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return a line for each of `metrics["splits"]`, up to a limit, and what to do; no lines without splits."""
    lines = [
        f"{one['symbol']} looks split {one['new']}:{one['old']} on {np.datetime64(one['ts'], 'ms').astype('M8[D]')} "
        f"(close {one['before']:,.6g}, then open {one['after']:,.6g})"
        for one in splits[:SPLITS]
    ]
    if len(splits) > SPLITS:
        lines.append(f"{len(splits) - SPLITS:,} more; all are in metrics.json")
    if lines:
        lines.append("a split is no gain or loss, but a position counts it as one: give split-adjusted prices")
    return lines
