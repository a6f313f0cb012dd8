"""Verdicts on figures, one sentence each, so that luck is not read as skill."""

from __future__ import annotations

import math
from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

NORMAL = NormalDist()
LEVEL = 0.05  # significance of every test here
NOTABLE = 0.005  # share of the strategy's result
SHORT, DAYS = 0.25, 365.2425  # years below which a yearly return is meaningless; days per year
FEW_TRADES = 30  # below, the figures of trades are anecdotal

Figures = Mapping[str, Any]


def verdicts(strategy: Figures, hold: Figures, years: float) -> dict[str, str]:
    """Return one sentence per figure of the strategy over `years`; none where there is nothing to say."""
    found = {
        "cagr": _beside(strategy["cagr"], hold["cagr"], years),
        "sharpe": _sharpe(strategy),
        "max_drawdown": _deeper(strategy["max_drawdown"], hold["max_drawdown"]),
        "trades": _trades(strategy["trades"]),
        "profit_factor": _profit(strategy["profit_factor"]),
        "cost_drag": _costs(strategy["cost_drag"], strategy["cagr"]),
        "kupiec": _kupiec(strategy["kupiec"], strategy["var99_days"], strategy["var99_exceedances"]),
    }
    return {name: text for name, text in found.items() if text}


def luck(psr: float) -> float:
    """Return the probability that a strategy without edge has as high a Sharpe ratio [Bailey, López de Prado 2012]."""
    return 1.0 - psr


def track_record(strategy: Figures) -> float:
    """Return the periods needed to tell this Sharpe ratio from 0 at 5% [Bailey, López de Prado 2012].

    Its standard error falls with the root of their number.
    """
    error = (strategy["sharpe_high"] - strategy["sharpe"]) / NORMAL.inv_cdf(1.0 - LEVEL / 2.0)
    ratio = strategy["sharpe"]
    if not (error > 0.0 and ratio > 0.0):
        return math.nan
    return float(1.0 + (strategy["periods"] - 1) * (NORMAL.inv_cdf(1.0 - LEVEL) * error / ratio) ** 2)


def _sharpe(figures: Figures) -> str:
    ratio, psr = figures["sharpe"], figures["psr"]
    if math.isnan(ratio):
        return "not defined: the equity did not move, or there are fewer than two returns"
    if math.isnan(psr):
        return "fewer than three returns say nothing"
    between = f"95% between {figures['sharpe_low']:.2f} and {figures['sharpe_high']:.2f}"
    chance = luck(psr)
    if chance <= LEVEL:
        return f"{between}: better than luck (p{_p(chance)})"
    if psr <= LEVEL:
        return f"{between}: worse than doing nothing, and not by luck (p{_p(psr)})"
    needed = track_record(figures) / figures["periods"]
    more = f"; {needed:,.1f} times as long a record would tell" if 1.0 < needed < 1_000 else ""
    return f"{between}: indistinguishable from luck (p{_p(chance)}){more}"


def _p(value: float) -> str:
    return f"={value:.2f}" if value >= 0.01 else "<0.01"


def _beside(own: float, held: float, years: float) -> str:
    if math.isnan(own) or math.isnan(held):
        return ""
    if years < SHORT:
        return f"{years * DAYS:,.0f} d are too short to tell of a year"
    return f"{100 * abs(own - held):.1f} points {'more' if own >= held else 'less'} a year than buy and hold"


def _deeper(own: float, held: float) -> str:
    if math.isnan(own) or math.isnan(held) or not held < 0.0:
        return ""
    return f"{abs(own / held):.0%} of that of buy and hold"


def _trades(count: int) -> str:
    if count == 0:
        return "no trade was closed: the figures of trades are not defined"
    return f"fewer than {FEW_TRADES}: the figures of trades say little" if count < FEW_TRADES else ""


def _profit(factor: float) -> str:
    if math.isnan(factor):
        return ""
    return "losses are larger than gains" if factor < 1.0 else ""


def _costs(drag: float, yearly: float) -> str:
    if math.isnan(drag) or math.isnan(yearly) or not drag > 0.0:
        return ""
    before = yearly + drag
    if before <= 0.0:
        return "it loses before costs too"
    part = min(drag / before, 1.0)
    return f"costs take {part:.0%} of what it earns before them" if part >= NOTABLE else ""


def _kupiec(ratio: float, days: int, exceeded: int) -> str:
    if math.isnan(ratio):
        return ""
    chance = math.erfc(math.sqrt(max(ratio, 0.0) / 2.0))  # χ² of one degree of freedom above `ratio`
    seen = f"{exceeded / days:.1%} of days lost more, 1% should"
    if chance > LEVEL:
        return f"{seen}: the value at risk holds (p{_p(chance)})"
    return f"{seen}: the value at risk is too {'low' if exceeded > 0.01 * days else 'high'} (p{_p(chance)})"
