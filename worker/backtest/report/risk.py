"""The risk section of the page: how near the portfolio came to its limits, and which were in force."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.backtest.report.thinning import COLUMNS, line

SPANS = 400  # spans drawn: closer ones are joined
TRIPS = 200  # listed: the newest
Rows = NDArray[Any]
Data = dict[str, Any]


def risk(steps: Rows, days: Rows, figures: Mapping[str, Any], limits: Mapping[str, float]) -> Data:
    """Return what the section draws, in percent of the equity.

    `steps` and `days` are rows of the portfolio's chronicle, `figures` its summary, `limits` fractions by name.
    """
    ts = steps["ts"]
    return {
        "figures": {**figures, "newest_trips": figures["newest_trips"][-TRIPS:][::-1]},
        "limits": {name: 100.0 * value for name, value in limits.items()},
        "lines": {
            name: line(ts, sign * 100.0 * steps[column])
            for name, column, sign in (
                ("gross", "gross_ordered", 1.0),
                ("net", "net_ordered", 1.0),
                ("drawdown", "drawdown", -1.0),
                ("size", "risk_mult", 1.0),
            )
        }
        | {"capped": line(ts, steps["capped"].astype(np.float64))},
        "days": _days(days),
        "blocked": spans(ts, ~steps["allow_open"]),
        "killed": spans(ts, steps["kill"]),
    }


def spans(ts: NDArray[np.int64], on: NDArray[np.bool_]) -> list[list[int]]:
    """Return [from, to] of each run of steps that are `on`; of many runs the closest are joined."""
    if not on.any():
        return []
    edges = np.diff(on.astype(np.int8), prepend=0, append=0)
    first, end = np.flatnonzero(edges > 0), np.flatnonzero(edges < 0)
    last = len(ts) - 1
    begins, ends = ts[first], ts[np.minimum(end, last)]
    gaps = begins[1:] - ends[:-1]
    if gaps.size >= SPANS:
        apart = np.sort(np.argsort(-gaps, kind="stable")[: SPANS - 1])
        begins, ends = begins[[0, *(apart + 1)]], ends[[*apart, -1]]
    return np.stack([begins, ends], axis=1).tolist()  # type: ignore[no-any-return]


def _days(days: Rows) -> Data:
    """Return the days' results and values at risk; of more days than columns those that lost most in each column."""
    kept = days
    if len(days) > COLUMNS:
        column = np.arange(len(days)) * COLUMNS // len(days)
        order = np.lexsort((days["realised"], column))
        worst = order[np.flatnonzero(np.diff(column[order], prepend=-1))]
        kept = days[np.union1d(worst, np.flatnonzero(days["exceeded"]))]
    return {
        "t": kept["ts"].tolist(),
        "realised": _percent(kept["realised"]),
        "var99": _percent(-kept["var99"]),
        "exceeded": kept["exceeded"].tolist(),
    }


def _percent(values: NDArray[np.float64]) -> list[float]:
    return [float(f"{100.0 * value:.6g}") for value in values.tolist()]
