"""Divergence: price exceeds its previous swing and RSI14 does not."""

from typing import Any

import numpy as np

from worker.engine.kernel import embedded
from worker.engine.stages.patterns.structure.events import DIVERGENCE, FULL
from worker.engine.stages.patterns.structure.swings import HIGH, LOW, latest

FARTHEST = 60  # bars between the swings
RSI_POINTS = 2.0
VALID_BARS = 5

STATE = np.dtype([("direction", "i8"), ("left", "i8")], align=True)  # of the last divergence; its valid bars left


@embedded
def _diverges(swings: Any, kind: int) -> bool:
    newer, older = latest(swings, kind, 0), latest(swings, kind, 1)
    if older < 0:
        return False
    second, first = swings.rows[newer], swings.rows[older]
    near: bool = second.bar - first.bar <= FARTHEST
    return near and kind * second.price > kind * first.price and kind * (first.rsi - second.rsi) >= RSI_POINTS


@embedded
def update(own: Any, swings: Any, new_high: bool, new_low: bool, events: Any) -> int:
    """Return -1 (a higher high, a lower RSI) or +1 (mirrored) at the confirming bar and the 4 after it; 0 for both."""
    own.left = max(own.left - 1, 0)
    bearish = new_high and _diverges(swings, HIGH)
    bullish = new_low and _diverges(swings, LOW)
    if bearish or bullish:
        own.direction = int(bullish) - int(bearish)
        own.left = VALID_BARS
        events[DIVERGENCE] = FULL * own.direction
    return own.direction if own.left > 0 else 0
