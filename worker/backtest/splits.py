"""Detector of steps in raw prices that look like splits: a backtest would book them as gains or losses.

A split moves the price by a simple ratio between two bars, by little else, for good, and the next bar turns over no
more value than usual. A crash lacks one of these: its gap is not a simple ratio, or it recovers, or it turns over
many times the usual value. The detector reads bars after the step: it is for whole series, not for the engine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# New shares for old ones. A consolidation (1 for 10) is the inverse.
RATIOS = ((5, 4), (4, 3), (3, 2), (5, 3), (2, 1), (5, 2), (3, 1), (4, 1), (5, 1), (6, 1), (7, 1), (8, 1), (9, 1),
          (10, 1), (12, 1), (15, 1), (20, 1), (25, 1), (30, 1), (40, 1), (50, 1), (75, 1), (100, 1))  # fmt: skip
LEAST_STEP = math.log(1.2)
AROUND = 20  # bars before and after that define what is usual
KNOWN = 5  # bars required before
STAYS = 5  # bars before the step that must be at the old level, and after it at the new one
# Tolerances of |ln(open / last close)| from ln(ratio): usual, below SMALL, and the most where gaps are usual.
OFF, OFF_SMALL, OFF_MOST = 0.025, 0.012, 0.06
SMALL = 1.5
GAPS = 4.0  # tolerance in usual gaps between the last close and the open of a bar
LARGE = 6.0  # multiple of usual gaps and moves that a step must exceed
MOST_MONEY = 2.5  # multiple of the usual traded value


class Split(NamedTuple):
    """A step that looks like a split."""

    ts: int  # open of the first bar after it, epoch ms
    new: int  # shares for `old` ones
    old: int
    before: float  # close
    after: float  # open


def splits(parts: Sequence[NDArray[Any]]) -> tuple[Split, ...]:
    """Return the steps in BAR rows of one symbol in input order; skip rows that are not bars or not in time order."""
    ts, open_, close, volume = _columns(parts)
    if len(ts) <= KNOWN:
        return ()
    gaps, moves = np.log(open_[1:] / close[:-1]), np.log(close[1:] / close[:-1])
    money = close * np.maximum(volume, 0.0)
    found = []
    for before in (KNOWN - 1 + np.flatnonzero(np.abs(gaps[KNOWN - 1 :]) > LEAST_STEP)).tolist():
        ratio = _ratio(before, gaps, moves)
        if ratio is not None and _stays(before, close, gaps[before]) and _usual(before, money):
            new, old = ratio
            found.append(Split(int(ts[before + 1]), new, old, float(close[before]), float(open_[before + 1])))
    return tuple(found)


def _columns(parts: Sequence[NDArray[Any]]) -> list[NDArray[Any]]:
    """Return times, opens, closes and volumes of the bars, each later than all before it."""
    fine = [(p["mask"] == 0) & (p["open"] > 0) & (p["low"] > 0) & (p["close"] > 0) for p in parts]
    columns = [
        np.concatenate([np.zeros(0, kind), *(part[name][kept] for part, kept in zip(parts, fine, strict=True))])
        for name, kind in (("ts", np.int64), ("open", np.float64), ("close", np.float64), ("volume", np.float64))
    ]
    later = np.ones(len(columns[0]), np.bool_)
    later[1:] = np.diff(np.maximum.accumulate(columns[0])) > 0
    return [column[later] for column in columns]


def _ratio(at: int, gaps: Floats, moves: Floats) -> tuple[int, int] | None:
    """Return the simple ratio of gap `at`, unless gaps or moves of its size are usual there."""
    step = float(gaps[at])
    if abs(step) < LARGE * max(_scale(gaps, at), _scale(moves, at)):
        return None
    misses = [(abs(abs(step) - math.log(new / old)), new, old) for new, old in RATIOS]
    miss, new, old = min(misses)
    if miss > min(max(OFF if new / old >= SMALL else OFF_SMALL, GAPS * _scale(gaps, at)), OFF_MOST):
        return None
    return (new, old) if step < 0 else (old, new)


def _scale(values: Floats, at: int) -> float:
    """Return the median |value| around `at`, without the value at `at`."""
    near = np.concatenate([values[max(at - AROUND, 0) : at], values[at + 1 : at + 1 + AROUND]])
    return float(np.median(np.abs(near))) if near.size else 0.0


def _stays(at: int, close: Floats, step: float) -> bool:
    """Return whether the bars before the step lie nearer to the old level, and those after it to the new one."""
    before = np.log(close[max(at + 1 - STAYS, 0) : at + 1] / close[at])
    after = np.log(close[at + 1 : at + 1 + STAYS] / close[at])
    return bool((np.abs(before) < np.abs(before - step)).all() and (np.abs(after - step) < np.abs(after)).all())


def _usual(at: int, money: Floats) -> bool:
    """Return whether the bar after the step turns over no more than usual; true where volumes are missing."""
    before = money[max(at + 1 - AROUND, 0) : at + 1]
    usual = float(np.median(before))
    return not usual > 0.0 or float(money[at + 1]) <= MOST_MONEY * usual
