"""Swing highs and lows: five-bar fractals, confirmed two bars later (Williams 1995)."""

from typing import Any

import numpy as np

from worker.engine.history import at as bar_at
from worker.engine.kernel import embedded
from worker.engine.stages.patterns.structure.events import FULL, SWING_HIGH, SWING_LOW

WING = 2  # bars on either side
KEPT = 16  # swings; a power of two, so that the index is a mask
MASK = KEPT - 1
HIGH, LOW = 1, -1
RSI_BARS = 4  # the current bar's RSI and those back to the swing's bar; a power of two

SWING = np.dtype(
    [
        ("kind", "i8"),  # HIGH or LOW
        ("bar", "i8"),  # ordinal of its bar in the symbol's history, from 1
        ("price", "f8"),
        ("rsi", "f8"),  # RSI14 at its bar
        ("volume", "f8"),  # of its bar
    ],
    align=True,
)
STATE = np.dtype([("count", "i8"), ("rsi", "f8", (RSI_BARS,)), ("rows", SWING, (KEPT,))], align=True)


@embedded
def latest(swings: Any, kind: int, skip: int) -> int:
    """Return the row of the latest swing of `kind`, without the last `skip`; -1 when it is no longer kept."""
    for age in range(min(swings.count, KEPT)):
        row = (swings.count - 1 - age) & MASK
        if swings.rows[row].kind == kind:
            if skip == 0:
                return int(row)
            skip -= 1
    return -1


@embedded
def _is_high(history: Any) -> bool:
    before = max(bar_at(history, 4).high, bar_at(history, 3).high)
    after = max(bar_at(history, 1).high, bar_at(history, 0).high)
    highest: bool = bar_at(history, WING).high > max(before, after)
    return highest


@embedded
def _is_low(history: Any) -> bool:
    before = min(bar_at(history, 4).low, bar_at(history, 3).low)
    after = min(bar_at(history, 1).low, bar_at(history, 0).low)
    lowest: bool = bar_at(history, WING).low < min(before, after)
    return lowest


@embedded
def _add(swings: Any, kind: int, history: Any) -> None:
    bar = bar_at(history, WING)
    swing = swings.rows[swings.count & MASK]
    swing.kind = kind
    swing.bar = history.count - WING
    swing.price = bar.high if kind == HIGH else bar.low
    swing.rsi = swings.rsi[(history.count - WING) & (RSI_BARS - 1)]
    swing.volume = bar.volume
    swings.count += 1


@embedded
def update(swings: Any, history: Any, rsi: float, events: Any) -> None:
    """Store the swings that the current bar confirms, dated two bars ago, high before low (TA-Lib FRACTAL(2,2)).

    `rsi` is RSI14 of the current bar.
    """
    swings.rsi[history.count & (RSI_BARS - 1)] = rsi
    if history.count <= 2 * WING:
        return
    if _is_high(history):
        _add(swings, HIGH, history)
        events[SWING_HIGH] = FULL
    if _is_low(history):
        _add(swings, LOW, history)
        events[SWING_LOW] = FULL
