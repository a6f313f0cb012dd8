"""A small body that gaps away between two others: morning and evening stars, their doji variants, and tristar."""

from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.patterns.candles.catalogue import (
    EVENING_DOJI_STAR,
    EVENING_STAR,
    MORNING_DOJI_STAR,
    MORNING_STAR,
    TRISTAR,
)
from worker.engine.stages.patterns.candles.shape import at, gap_down, gap_up

LOOKBACK = 12
PENETRATION = 0.3  # share of the first body that the third bar's close must reach into


@embedded
def _morning(b0: Any, b1: Any, b2: Any, found: Any) -> None:
    if b0.colour < 0 or not gap_down(b1, b2) or not b0.close > b2.close + b2.body * PENETRATION:
        return
    if b1.body <= b1.body_mean:
        found[MORNING_STAR] = 100
    if b1.body <= b1.range_tenth:
        found[MORNING_DOJI_STAR] = 100


@embedded
def _evening(b0: Any, b1: Any, b2: Any, found: Any) -> None:
    if b0.colour > 0 or not gap_up(b1, b2) or not b0.close < b2.close - b2.body * PENETRATION:
        return
    if b1.body <= b1.body_mean:
        found[EVENING_STAR] = -100
    if b1.body <= b1.range_tenth:
        found[EVENING_DOJI_STAR] = -100


@embedded
def _tristar(b0: Any, b1: Any, b2: Any, found: Any) -> None:
    if gap_up(b1, b2) and b0.top < b1.top:
        found[TRISTAR] = -100
    if gap_down(b1, b2) and b0.bottom > b1.bottom:
        found[TRISTAR] = 100


@embedded
def update(shapes: Any, found: Any) -> None:
    """Write the values of the star patterns that end at the current bar into `found`."""
    if shapes.count <= LOOKBACK:
        return
    b0, b1, b2 = at(shapes, 0), at(shapes, 1), at(shapes, 2)
    if b2.body > b2.body_mean and b0.body > b0.body_mean:
        if b2.colour < 0:
            _morning(b0, b1, b2, found)
        else:
            _evening(b0, b1, b2, found)
    small = b2.range_tenth
    if b0.body <= small and b1.body <= small and b2.body <= small:
        _tristar(b0, b1, b2, found)
