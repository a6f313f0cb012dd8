"""F12: Donchian channel of the last 20 bars, the current one included, and the position of the close in it."""

import math
from typing import Any

from worker.engine.history import at
from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import equal, ratio
from worker.engine.stages.features.parts import NO_STATE, Feature

STATE = NO_STATE
FEATURES = (
    Feature("F12", "don_hi", 20, "highest high of 20 bars", "TA-Lib DONCHIAN"),
    Feature("F12", "don_lo", 20, "lowest low of 20 bars", "TA-Lib DONCHIAN"),
    Feature("F12", "don_pos_20", 20, "(c - lo)/(hi - lo); 0.5 when flat", "TA-Lib DONCHIAN"),
)
PERIOD = 20


@embedded
def channel(history: Any, newest: int) -> tuple[float, float]:
    """Return the highest high and the lowest low of the 20 bars that end `newest` bars ago."""
    high, low = -math.inf, math.inf
    for age in range(newest, newest + PERIOD):
        row = at(history, age)
        high = max(high, row.high)
        low = min(low, row.low)
    return high, low


@embedded
def update(extremes: Any, history: Any, row: Any, out: Any) -> None:
    """Write highest high, lowest low (TA-Lib DONCHIAN) and pos = (c-lo)/(hi-lo), 0.5 when flat."""
    out.don_hi = out.don_lo = out.don_pos_20 = math.nan
    if history.count < PERIOD:
        return
    high, low = extremes.high_20.price, extremes.low_20.price
    out.don_hi = high
    out.don_lo = low
    out.don_pos_20 = ratio(row.close - low, 0.0 if equal(high, low) else high - low, 0.5)
