"""Squeeze: Bollinger bands inside a Keltner channel, and the bar on which they leave it."""

from typing import Any

import numpy as np

from worker.engine.kernel import embedded
from worker.engine.stages.patterns.structure.events import FULL, SQUEEZE, SQUEEZE_RELEASE

MULTIPLE = 1.5  # ATR10s from EMA20 of the typical price to the channel's edges
LEAST_BARS = 6

STATE = np.dtype([("bars", "i8")], align=True)  # number of bars with the bands inside


@embedded
def _inside(features: Any, keltner: Any) -> bool:
    """Return whether SMA20 ± 2σ lies inside, without touching; a flat market has no bands to squeeze."""
    half_bands = features.bb_width_20 * features.sma_20 / 2.0
    half_channel = MULTIPLE * keltner.atr
    below: bool = features.sma_20 + half_bands < keltner.ema + half_channel
    return below and features.sma_20 - half_bands > keltner.ema - half_channel


@embedded
def update(own: Any, features: Any, keltner: Any, events: Any) -> None:
    """Report the sixth bar inside, and the first bar outside after at least six; its direction is the slope's.

    `keltner` is the state of that feature: EMA20 of the typical price and ATR10. A release without a slope has no
    direction and is not reported.
    """
    if _inside(features, keltner):
        own.bars += 1
        if own.bars == LEAST_BARS:
            events[SQUEEZE] = FULL
        return
    if own.bars >= LEAST_BARS:
        events[SQUEEZE_RELEASE] = FULL * (int(features.slope_20 > 0.0) - int(features.slope_20 < 0.0))
    own.bars = 0
