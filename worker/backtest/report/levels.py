"""Stops and targets of trades, as lines that hold their level until the next point."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.backtest.ledger import Ledger

Level = dict[str, list[Any]]  # `t` in epoch ms, `v` to 6 significant digits

EACH = 40  # points of a line
ALL = 2_000  # points of a symbol: the newest trades


def levels(ledger: Ledger) -> list[list[Level | None]]:
    """Return stop and target of each trade; None where there was none, and for older trades than have room."""
    bars, said, left = ledger.bars, ledger.said.bars, ALL
    found: list[list[Level | None]] = []
    ends = np.searchsorted(bars["close_ts"], ledger.trades["exit_ts"])
    for end, held in zip(ends[::-1].tolist(), ledger.trades["bars_held"][::-1].tolist(), strict=True):
        first = max(end - held - 1, 0)  # the bar that decided the entry
        times = bars["close_ts"][first:end]
        two = [_level(times, said[name][first:end]) if left > 0 else None for name in ("stop", "target")]
        left -= sum(len(each["t"]) for each in two if each is not None)
        found.append(two)
    return found[::-1]


def _level(times: NDArray[np.int64], values: NDArray[np.float64]) -> Level | None:
    known = np.isfinite(values)
    times, values = times[known], values[known]
    if not times.size:
        return None
    moved = np.concatenate([[0], np.flatnonzero(np.diff(values)) + 1])
    kept = moved[np.unique(np.linspace(0, moved.size - 1, min(moved.size, EACH)).astype(int))]
    return {"t": times[kept].tolist(), "v": [float(f"{value:.6g}") for value in values[kept].tolist()]}
