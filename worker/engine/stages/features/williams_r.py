"""F14: Williams' per cent range over 14 bars (Williams 1979)."""

import math
from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import equal, ratio
from worker.engine.stages.features.parts import NO_STATE, Feature

STATE = NO_STATE
FEATURES = (
    Feature(
        "F14",
        "willr_14",
        14,
        "-100·(H - c)/(H - L), H and L the extremes of 14 bars; -50 when flat",
        "Williams 1979; TA-Lib WILLR",
    ),
)
PERIOD = 14


@embedded
def update(extremes: Any, history: Any, row: Any, out: Any) -> None:
    """Write -100·(H-c)/(H-L) in [-100, 0] (TA-Lib WILLR); -50 when flat."""
    out.willr_14 = math.nan
    if history.count < PERIOD:
        return
    high, low = extremes.high_14.price, extremes.low_14.price
    out.willr_14 = -100.0 * ratio(high - row.close, 0.0 if equal(high, low) else high - low, 0.5)
