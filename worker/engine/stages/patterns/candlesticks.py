"""Candlestick patterns with TA-Lib's conditions and values; 0 until a pattern's look-back is filled (domain §4.1)."""

from typing import Any

from worker.engine.history import at
from worker.engine.kernel import kernel
from worker.engine.stages.patterns.candle_shape import (
    body,
    body_average,
    bottom,
    colour,
    lower_shadow,
    near,
    tenth_of_range,
    top,
    upper_shadow,
)

DOJI_BARS = 11
HAMMER_BARS = 12
ENGULFING_BARS = 3


@kernel
def doji(history: Any) -> float:
    """100 when the body is at most a tenth of the mean range."""
    if history.count < DOJI_BARS:
        return 0.0
    return 100.0 if body(at(history, 0)) <= tenth_of_range(history, 0) else 0.0


@kernel
def hammer(history: Any) -> float:
    """100: short body, lower shadow longer than it, hardly an upper one, the body near or below the previous low."""
    if history.count < HAMMER_BARS:
        return 0.0
    row = at(history, 0)
    size = body(row)
    if size >= body_average(history, 0) or lower_shadow(row) <= size:
        return 0.0
    if upper_shadow(row) >= tenth_of_range(history, 0):
        return 0.0
    return 100.0 if bottom(row) <= at(history, 1).low + near(history, 1) else 0.0


@kernel
def engulfing(history: Any) -> float:
    """±100 (±80 when one end is equal): a body that covers the previous one of the other colour; sign = its colour."""
    if history.count < ENGULFING_BARS:
        return 0.0
    row, before = at(history, 0), at(history, 1)
    sign = colour(row)
    if sign == colour(before):
        return 0.0
    above, below = top(row) - top(before), bottom(before) - bottom(row)
    if min(above, below) < 0.0 or max(above, below) <= 0.0:
        return 0.0
    return sign * (100.0 if min(above, below) > 0.0 else 80.0)
