"""Donchian breakout: a close outside the channel of the previous 20 bars, and its failure (domain §4.2)."""

import math
from typing import Any

import numpy as np

from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import ratio
from worker.engine.stages.patterns.decay import half_life
from worker.engine.stages.patterns.structure.events import BREAKOUT, BREAKOUT_FAILED, BREAKOUT_VOLUME, FULL

PERIOD = 20
FAILURE_BARS = 3
CONFIRMING_VOLUME = 1.5  # multiple of the mean of 20 bars
MEMORY = 101  # bars; then the signal is below one millionth, the last published decimal
WEIGHTS = half_life(5, MEMORY)
PER_ATR = 100.0  # a strength of 1 is a hundredth of an ATR
STRONGEST = 10_000.0

STATE = np.dtype(
    [
        ("upper", "f8"),  # the channel at the bar before
        ("lower", "f8"),
        ("direction", "i8"),  # of the last event: +1, -1, 0 none
        ("age", "i8"),  # bars since that event
        ("level", "f8"),  # the edge of the channel that a breakout passed
        ("broken", "i8"),  # side of a breakout that may still fail; 0 none
    ],
    align=True,
)
OUTPUT = np.dtype([("breakout", "f8")])


@embedded
def _strength(distance: float, atr: float) -> int:
    """Return the distance in hundredths of an ATR, at least 1."""
    size = PER_ATR * ratio(distance, atr, 0.0)
    return round(min(size, STRONGEST)) if size >= 1.0 else 1


@embedded
def _breaks(own: Any, side: int, level: float, close: float, features: Any, events: Any) -> None:
    own.direction = own.broken = side
    own.age = 0
    own.level = level
    events[BREAKOUT] = side * _strength(abs(close - level), features.atr_14)
    if features.rvol_20 >= CONFIRMING_VOLUME:
        events[BREAKOUT_VOLUME] = side * FULL


@embedded
def _returns(own: Any, close: float) -> bool:
    """Return whether a breakout of at most three bars ago is back inside the channel that it left."""
    if own.broken == 0 or own.age > FAILURE_BARS:
        return False
    level: float = own.level
    return close <= level if own.broken > 0 else close >= level


@embedded
def _advance(own: Any, close: float, features: Any, events: Any) -> None:
    own.age += 1
    if close > own.upper:
        _breaks(own, 1, own.upper, close, features, events)
    elif close < own.lower:
        _breaks(own, -1, own.lower, close, features, events)
    elif _returns(own, close):
        own.direction = -own.broken
        own.age = own.broken = 0
        events[BREAKOUT_FAILED] = own.direction * FULL


@embedded
def update(own: Any, history: Any, row: Any, features: Any, events: Any) -> float:
    """Return ±1·0.5^(age/5) of the last event, 0 without one; a failed breakout is an event of the opposite direction.

    The channel of the previous 20 bars is the one in `features` at the bar before.
    """
    value = math.nan
    if history.count > PERIOD:
        _advance(own, row.close, features, events)
        value = own.direction * WEIGHTS[own.age] if own.age < MEMORY else 0.0
    own.upper = features.don_hi
    own.lower = features.don_lo
    return value
