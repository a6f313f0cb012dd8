"""Reversal patterns of three bars: soldiers, crows, three inside and three outside."""

from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.patterns.candles.catalogue import (
    THREE_BLACK_CROWS,
    THREE_INSIDE,
    THREE_OUTSIDE,
    THREE_WHITE_SOLDIERS,
)
from worker.engine.stages.patterns.candles.shape import FAR, NEAR, at, inside

OUTSIDE_LOOKBACK = 3
LOOKBACK = 12
CROWS_LOOKBACK = 13


@embedded
def _three_outside(b0: Any, b1: Any, b2: Any, found: Any) -> None:
    if b1.colour == b2.colour or not inside(b2, b1):
        return
    if b0.close > b1.close if b1.colour > 0 else b0.close < b1.close:
        found[THREE_OUTSIDE] = 100 * b1.colour


@embedded
def _three_inside(b0: Any, b1: Any, b2: Any, found: Any) -> None:
    if b0.colour == b2.colour or not (b2.body > b2.body_mean and b1.body <= b1.body_mean and inside(b1, b2)):
        return
    if b0.close < b2.open if b2.colour > 0 else b0.close > b2.open:
        found[THREE_INSIDE] = -100 * b2.colour


@embedded
def _advances(later: Any, earlier: Any) -> bool:
    """Return whether a soldier follows a soldier: higher close, open in or near the last body, body not far shorter."""
    on: bool = later.close > earlier.close and later.upper < later.range_tenth
    on = on and earlier.open < later.open <= earlier.close + NEAR * earlier.range_mean
    return on and later.body > earlier.body - FAR * earlier.range_mean


@embedded
def _soldiers(b0: Any, b1: Any, b2: Any, found: Any) -> None:
    if b2.upper < b2.range_tenth and b0.body > b0.body_mean and _advances(b1, b2) and _advances(b0, b1):
        found[THREE_WHITE_SOLDIERS] = 100


@embedded
def _declines(later: Any, earlier: Any) -> bool:
    """Return whether a crow follows a crow: lower close, open within the body before."""
    on: bool = later.close < earlier.close and later.lower < later.range_tenth
    return on and earlier.close < later.open < earlier.open


@embedded
def _crows(b0: Any, b1: Any, b2: Any, b3: Any, found: Any) -> None:
    if b3.colour > 0 and b2.lower < b2.range_tenth and b3.high > b2.close and _declines(b1, b2) and _declines(b0, b1):
        found[THREE_BLACK_CROWS] = -100


@embedded
def update(shapes: Any, found: Any) -> None:
    """Write the values of the three-bar patterns that end at the current bar into `found`."""
    if shapes.count <= OUTSIDE_LOOKBACK:
        return
    b0, b1, b2 = at(shapes, 0), at(shapes, 1), at(shapes, 2)
    _three_outside(b0, b1, b2, found)
    if shapes.count <= LOOKBACK:
        return
    _three_inside(b0, b1, b2, found)
    if b0.colour == b1.colour and b1.colour == b2.colour:
        if b0.colour > 0:
            _soldiers(b0, b1, b2, found)
        elif shapes.count > CROWS_LOOKBACK:
            _crows(b0, b1, b2, at(shapes, 3), found)
