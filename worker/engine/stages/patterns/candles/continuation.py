"""Four and five bars of a pause within a trend: three-line strike, rising and falling three methods."""

from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.patterns.candles.catalogue import THREE_LINE_STRIKE, THREE_METHODS
from worker.engine.stages.patterns.candles.shape import NEAR, at

STRIKE_LOOKBACK = 8
METHODS_LOOKBACK = 14


@embedded
def _opens_near_body(later: Any, earlier: Any) -> bool:
    near = NEAR * earlier.range_mean
    within: bool = earlier.bottom - near <= later.open <= earlier.top + near
    return within


@embedded
def _strike(b0: Any, b1: Any, b2: Any, b3: Any, found: Any) -> None:
    q = b1.colour
    if not (q * b1.close > q * b2.close > q * b3.close and q * b0.open > q * b1.close and q * b0.close < q * b3.open):
        return
    if _opens_near_body(b2, b3) and _opens_near_body(b1, b2):
        found[THREE_LINE_STRIKE] = 100 * q


@embedded
def _rests(bar: Any, first: Any) -> bool:
    """Return whether a short body overlaps the range of the first bar."""
    small: bool = bar.body < bar.body_mean and bar.bottom < first.high and bar.top > first.low
    return small


@embedded
def _methods(b0: Any, b1: Any, b2: Any, b3: Any, b4: Any, found: Any) -> None:
    q = b4.colour
    if not (b4.body > b4.body_mean and b0.body > b0.body_mean):
        return
    if not (_rests(b3, b4) and _rests(b2, b4) and _rests(b1, b4)):
        return
    if not q * b1.close < q * b2.close < q * b3.close:
        return
    if q * b0.open > q * b1.close and q * b0.close > q * b4.close:
        found[THREE_METHODS] = 100 * q


@embedded
def update(shapes: Any, found: Any) -> None:
    """Write the values of the continuation patterns that end at the current bar into `found`."""
    if shapes.count <= STRIKE_LOOKBACK:
        return
    b0, b1, b2, b3 = at(shapes, 0), at(shapes, 1), at(shapes, 2), at(shapes, 3)
    if b0.colour == b1.colour or b1.colour != b2.colour or b2.colour != b3.colour:
        return
    _strike(b0, b1, b2, b3, found)
    if shapes.count > METHODS_LOOKBACK and at(shapes, 4).colour == b0.colour:
        _methods(b0, b1, b2, b3, at(shapes, 4), found)
