"""Bars that close at their open: doji, dragonfly, gravestone, long-legged doji and takuri."""

from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.patterns.candles.catalogue import (
    DOJI,
    DRAGONFLY_DOJI,
    GRAVESTONE_DOJI,
    LONG_LEGGED_DOJI,
    TAKURI,
)
from worker.engine.stages.patterns.candles.shape import at

LOOKBACK = 10


@embedded
def update(shapes: Any, found: Any) -> None:
    """Write the values of the current bar's doji patterns into `found`."""
    b0 = at(shapes, 0)
    if shapes.count <= LOOKBACK or not b0.body <= b0.range_tenth:
        return
    found[DOJI] = 100
    hardly_any = b0.range_tenth
    if b0.upper < hardly_any:
        if b0.lower > hardly_any:
            found[DRAGONFLY_DOJI] = 100
        if b0.lower > 2.0 * b0.body:
            found[TAKURI] = 100
    if b0.lower < hardly_any and b0.upper > hardly_any:
        found[GRAVESTONE_DOJI] = 100
    if b0.lower > b0.body or b0.upper > b0.body:
        found[LONG_LEGGED_DOJI] = 100
