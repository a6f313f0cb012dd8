"""`sweep.html`: the map of two parameters, the walk-forward and the best tries of a sweep, in one file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.backtest.figures import FIGURES, Figure
from worker.backtest.metrics.sessions import DAY_MS
from worker.backtest.report.heat import heat_map, varying
from worker.backtest.report.page import assembled
from worker.backtest.report.thinning import line
from worker.backtest.sweeping.walking import By, Walk

SWEEP_FILE = "sweep.html"
LISTED = 200  # tries in the table: the best
SHOWN = ("sharpe", "total_return", "deflated", "max_drawdown", "trades")
DEFLATED = Figure("deflated Sharpe ratio", "percent")
Choice = Mapping[str, Any]
Data = dict[str, Any]


def render_sweep(
    choices: Sequence[Choice],
    rows: Sequence[Choice],
    walk: Walk,
    about: Mapping[str, str],
    axes: tuple[str, str] | None,
    warnings: Sequence[str] = (),
    by: By = "sharpe",
) -> str:
    """Return the page of a sweep; it loads nothing from anywhere.

    `rows` has the figures of each choice, `about` the head by name, `axes` the two parameters of the map. `by` is the
    figure that ranks.
    """
    names = varying(choices)
    data: Data = {
        "about": list(about.items()),
        "labels": [[name, *(DEFLATED if name == "deflated" else FIGURES[name])] for name in SHOWN],
        "by": by,
        "map": None,
        "tries": _tries(choices, rows, names, by),
        "walk": _walk(choices, walk, names),
        "warnings": list(warnings),
    }
    if axes is not None:
        others = [name for name in names if name not in axes]
        data["map"] = heat_map(choices, rows, *axes) | {"others": others}
    return assembled("sweep.html", ["drawing.js", "sweep.js"], data)


def spelled(choice: Choice, names: Sequence[str]) -> str:
    """Return a choice for people, its parameters by the last part of their names."""
    return ", ".join(f"{name.rpartition('.')[2]} {choice[name]}" for name in names)


def ranked(rows: Sequence[Choice], by: By = "sharpe") -> list[int]:
    """Return the numbers of the tries by a figure, the highest first, those without it last."""
    return sorted(range(len(rows)), key=lambda number: -_known(rows[number][by]))


def _known(value: float) -> float:
    return value if value == value else -np.inf


def _tries(choices: Sequence[Choice], rows: Sequence[Choice], names: Sequence[str], by: By) -> Data:
    best = ranked(rows, by)[:LISTED]
    shown = [
        {"try": number, "choice": [str(choices[number][name]) for name in names]}
        | {name: rows[number][name] for name in SHOWN}
        for number in best
    ]
    return {"names": list(names), "rows": shown, "all": len(rows)}


def _walk(choices: Sequence[Choice], walk: Walk, names: Sequence[str]) -> Data:
    steps = [step._asdict() | {"settings": spelled(choices[step.chosen], names)} for step in walk.steps]
    total = {
        "sharpe": walk.result.sharpe,
        "total_return": walk.result.total_return,
        "held": walk.buy_and_hold.total_return,
    }
    lines = {"walk-forward": _curve(walk, walk.returns), "buy and hold": _curve(walk, walk.held)}
    return {"steps": steps, "total": total, "lines": lines}


def _curve(walk: Walk, returns: NDArray[np.float64]) -> Data:
    grown: NDArray[np.float64] = 100.0 * (np.cumprod(1.0 + returns, dtype=np.float64) - 1.0)
    return line((walk.day + 1) * DAY_MS, grown)
