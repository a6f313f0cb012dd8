"""Short bodies with long shadows: spinning top, high wave, hammers, hanging man and shooting star."""

from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.patterns.candles.catalogue import (
    HAMMER,
    HANGING_MAN,
    HIGH_WAVE,
    INVERTED_HAMMER,
    SHOOTING_STAR,
    SPINNING_TOP,
)
from worker.engine.stages.patterns.candles.shape import NEAR, at, gap_down, gap_up

LOOKBACK = 10
PLACED_LOOKBACK = 11  # of the patterns that depend on the place of the bar before


@embedded
def _hangs(b0: Any, b1: Any, found: Any) -> None:
    near = NEAR * b1.range_mean
    if b0.bottom <= b1.low + near:
        found[HAMMER] = 100
    if b0.bottom >= b1.high - near:
        found[HANGING_MAN] = -100


@embedded
def _stands(b0: Any, b1: Any, found: Any) -> None:
    if gap_down(b0, b1):
        found[INVERTED_HAMMER] = 100
    elif gap_up(b0, b1):
        found[SHOOTING_STAR] = -100


@embedded
def update(shapes: Any, found: Any) -> None:
    """Write the values of the current bar's short-bodied patterns into `found`."""
    b0 = at(shapes, 0)
    if shapes.count <= LOOKBACK or not b0.body < b0.body_mean:
        return
    long_upper, long_lower = b0.upper > b0.body, b0.lower > b0.body
    if long_upper and long_lower:
        found[SPINNING_TOP] = 100 * b0.colour
        if b0.upper > 2.0 * b0.body and b0.lower > 2.0 * b0.body:
            found[HIGH_WAVE] = 100 * b0.colour
    if shapes.count <= PLACED_LOOKBACK:
        return
    if long_lower and b0.upper < b0.range_tenth:
        _hangs(b0, at(shapes, 1), found)
    if long_upper and b0.lower < b0.range_tenth:
        _stands(b0, at(shapes, 1), found)
