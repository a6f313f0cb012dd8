"""Finds steps in raw prices that look like splits: a backtest takes one for a gain or a loss that nobody had.

A split moves the price by a simple ratio between two bars, by little else, for good, and the bar after it turns over
no more value than usual. A crash misses one of them: its gap is no simple ratio, or it recovers, or it turns over many
times the usual value. Bars after the step are looked at: this is for whole series, and no part of the engine.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# New shares for old ones. A consolidation (1 for 10) is the same the other way round.
RATIOS = ((5, 4), (4, 3), (3, 2), (5, 3), (2, 1), (5, 2), (3, 1), (4, 1), (5, 1), (6, 1), (7, 1), (8, 1), (9, 1),
          (10, 1), (12, 1), (15, 1), (20, 1), (25, 1), (30, 1), (40, 1), (50, 1), (75, 1), (100, 1))  # fmt: skip
LEAST_STEP = math.log(1.2)
AROUND = 20  # bars before and after that tell what is usual
KNOWN = 5  # bars that must lie before
STAYS = 5  # bars before the step that must lie at the old level, and after it at the new one
OFF, OFF_SMALL, OFF_MOST = 0.025, 0.012, 0.06  # how far ln(open / last close) may be from the ratio's; of ratios
SMALL = 1.5  # below this, and at most where gaps are usual
GAPS = 4.0  # usual gaps that the open of a bar may be away from the last close
LARGE = 6.0  # usual gaps and moves that a step must be larger than
MOST_MONEY = 2.5  # times the usual traded value


class Split(NamedTuple):
    """A step that looks like a split."""

    ts: int  # open of the first bar after it, epoch ms
    new: int  # shares for `old` ones
    old: int
    before: float  # close
    after: float  # open


def splits(parts: Sequence[NDArray[Any]]) -> tuple[Split, ...]:
    """The steps in BAR rows of one symbol in input order. What is no bar, or not after all before it, is left out."""
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
    """Times, opens, closes and volumes of the bars, each after all before it."""
    fine = [(p["mask"] == 0) & (p["open"] > 0) & (p["low"] > 0) & (p["close"] > 0) for p in parts]
    columns = [
        np.concatenate([np.zeros(0, kind), *(part[name][kept] for part, kept in zip(parts, fine, strict=True))])
        for name, kind in (("ts", np.int64), ("open", np.float64), ("close", np.float64), ("volume", np.float64))
    ]
    later = np.ones(len(columns[0]), np.bool_)
    later[1:] = np.diff(np.maximum.accumulate(columns[0])) > 0
    return [column[later] for column in columns]


def _ratio(at: int, gaps: Floats, moves: Floats) -> tuple[int, int] | None:
    """The simple ratio that gap `at` has, unless gaps or moves of its size are usual there."""
    step = float(gaps[at])
    if abs(step) < LARGE * max(_scale(gaps, at), _scale(moves, at)):
        return None
    misses = [(abs(abs(step) - math.log(new / old)), new, old) for new, old in RATIOS]
    miss, new, old = min(misses)
    if miss > min(max(OFF if new / old >= SMALL else OFF_SMALL, GAPS * _scale(gaps, at)), OFF_MOST):
        return None
    return (new, old) if step < 0 else (old, new)


def _scale(values: Floats, at: int) -> float:
    """The usual size of the values around one that does not count itself."""
    near = np.concatenate([values[max(at - AROUND, 0) : at], values[at + 1 : at + 1 + AROUND]])
    return float(np.median(np.abs(near))) if near.size else 0.0


def _stays(at: int, close: Floats, step: float) -> bool:
    """Whether the bars before the step lie nearer to the old level, and those after it to the new one."""
    before = np.log(close[max(at + 1 - STAYS, 0) : at + 1] / close[at])
    after = np.log(close[at + 1 : at + 1 + STAYS] / close[at])
    return bool((np.abs(before) < np.abs(before - step)).all() and (np.abs(after - step) < np.abs(after)).all())


def _usual(at: int, money: Floats) -> bool:
    """Whether the bar after the step turns over no more than a few usual ones; it does where volumes are missing."""
    before = money[max(at + 1 - AROUND, 0) : at + 1]
    usual = float(np.median(before))
    return not usual > 0.0 or float(money[at + 1]) <= MOST_MONEY * usual
