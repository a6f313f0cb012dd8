"""Patterns of two bars: engulfing, harami, piercing, dark cloud, doji star, matching low and similar ones."""

from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.patterns.candles.catalogue import (
    COUNTERATTACK,
    DARK_CLOUD_COVER,
    DOJI_STAR,
    ENGULFING,
    HARAMI,
    HARAMI_CROSS,
    HOMING_PIGEON,
    MATCHING_LOW,
    PIERCING,
    THRUSTING,
)
from worker.engine.stages.patterns.candles.shape import EQUAL, at, gap_down, gap_up, inside, same_close

ENGULFING_LOOKBACK = 2
MATCHING_LOOKBACK = 6
LOOKBACK = 11  # of the patterns that follow a long body
HALF = 0.5  # share of the body before that a piercing line or a dark cloud must pass


@embedded
def _engulfing(b0: Any, b1: Any, found: Any) -> None:
    above, below = b0.top - b1.top, b1.bottom - b0.bottom
    if b0.colour != b1.colour and min(above, below) >= 0.0 and max(above, below) > 0.0:
        found[ENGULFING] = b0.colour * (100 if min(above, below) > 0.0 else 80)


@embedded
def _within(b0: Any, b1: Any, found: Any) -> None:
    """Write harami and harami cross: the second body in the first."""
    if not (b0.top <= b1.top and b0.bottom >= b1.bottom):
        return
    value = -b1.colour * (100 if inside(b0, b1) else 80)
    if b0.body <= b0.body_mean:
        found[HARAMI] = value
    if b0.body <= b0.range_tenth:
        found[HARAMI_CROSS] = value


@embedded
def _answer_to_black(b0: Any, b1: Any, found: Any) -> None:
    """Write piercing and thrusting: a white bar that opens below the low and closes in or below the upper half."""
    if b0.open >= b1.low:
        return
    middle = b1.close + b1.body * HALF
    if b0.body > b0.body_mean and middle < b0.close < b1.open:
        found[PIERCING] = 100
    if b1.close + EQUAL * b1.range_mean < b0.close <= middle:
        found[THRUSTING] = -100


@embedded
def _answer_to_white(b0: Any, b1: Any, found: Any) -> None:
    if b0.open > b1.high and b1.open < b0.close < b1.close - b1.body * HALF:
        found[DARK_CLOUD_COVER] = -100


@embedded
def _after_long_body(b0: Any, b1: Any, found: Any) -> None:
    _within(b0, b1, found)
    if b0.body <= b0.range_tenth and (gap_up(b0, b1) if b1.colour > 0 else gap_down(b0, b1)):
        found[DOJI_STAR] = -100 * b1.colour
    if b0.colour != b1.colour:
        if b0.body > b0.body_mean and same_close(b0, b1):
            found[COUNTERATTACK] = 100 * b0.colour
        if b0.colour > 0:
            _answer_to_black(b0, b1, found)
        else:
            _answer_to_white(b0, b1, found)
    elif b0.colour < 0 and b0.body <= b0.body_mean and b0.open < b1.open and b0.close > b1.close:
        found[HOMING_PIGEON] = 100


@embedded
def update(shapes: Any, found: Any) -> None:
    """Write the values of the two-bar patterns that end at the current bar into `found`."""
    if shapes.count <= ENGULFING_LOOKBACK:
        return
    b0, b1 = at(shapes, 0), at(shapes, 1)
    _engulfing(b0, b1, found)
    if shapes.count > MATCHING_LOOKBACK and b0.colour < 0 and b1.colour < 0 and same_close(b0, b1):
        found[MATCHING_LOW] = 100
    if shapes.count > LOOKBACK and b1.body > b1.body_mean:
        _after_long_body(b0, b1, found)
