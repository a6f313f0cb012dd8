"""Donchian breakout: a close outside the channel of the previous 20 bars, and its failure (domain §4.2)."""

import math
from typing import Any

import numpy as np

from worker.engine.kernel import kernel
from worker.engine.stages.features.donchian import PERIOD, channel
from worker.engine.stages.patterns.decay import half_life

FAILURE_BARS = 3
MEMORY = 101  # bars; by then the signal is below one millionth, the last published decimal
WEIGHTS = half_life(5, MEMORY)

STATE = np.dtype(
    [
        ("direction", "i8"),  # of the last event: +1, -1, 0 none
        ("age", "i8"),  # bars since that event
        ("level", "f8"),  # the edge of the channel that a breakout left
        ("broken", "i8"),  # side of a breakout that may still fail; 0 none
    ],
    align=True,
)
OUTPUT = np.dtype([("breakout", "f8")])


@kernel
def _begin(own: Any, direction: int, broken: int, level: float) -> None:
    own.direction = direction
    own.age = 0
    own.broken = broken
    own.level = level


@kernel
def _fails(own: Any, close: float) -> bool:
    """Whether a breakout of at most three bars ago is back inside the channel that it left."""
    if own.broken == 0 or own.age > FAILURE_BARS:
        return False
    level: float = own.level
    return close <= level if own.broken > 0 else close >= level


@kernel
def _advance(own: Any, close: float, upper: float, lower: float) -> None:
    own.age += 1
    if close > upper:
        _begin(own, 1, 1, upper)
    elif close < lower:
        _begin(own, -1, -1, lower)
    elif _fails(own, close):
        _begin(own, -own.broken, 0, 0.0)


@kernel
def update(own: Any, history: Any, row: Any, out: Any) -> None:
    """±1·0.5^(age/5) of the last event, 0 without one; a failed breakout is an event of the opposite direction."""
    if history.count <= PERIOD:
        out.breakout = math.nan
        return
    upper, lower = channel(history, 1)
    _advance(own, row.close, upper, lower)
    out.breakout = own.direction * WEIGHTS[own.age] if own.age < MEMORY else 0.0
