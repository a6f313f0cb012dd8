"""Long bodies with short shadows: marubozu, closing marubozu, belt hold and long line."""

from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.patterns.candles.catalogue import BELT_HOLD, CLOSING_MARUBOZU, LONG_LINE, MARUBOZU
from worker.engine.stages.patterns.candles.shape import at

LOOKBACK = 10


@embedded
def update(shapes: Any, found: Any) -> None:
    """Write the values of the current bar's long-bodied patterns into `found`."""
    b0 = at(shapes, 0)
    if shapes.count <= LOOKBACK or not b0.body > b0.body_mean:
        return
    value = 100 * b0.colour
    no_upper, no_lower = b0.upper < b0.range_tenth, b0.lower < b0.range_tenth
    if no_upper and no_lower:
        found[MARUBOZU] = value
    if no_upper if b0.colour > 0 else no_lower:
        found[CLOSING_MARUBOZU] = value
    if no_lower if b0.colour > 0 else no_upper:
        found[BELT_HOLD] = value
    if b0.upper < b0.shadow_mean and b0.lower < b0.shadow_mean:
        found[LONG_LINE] = value
