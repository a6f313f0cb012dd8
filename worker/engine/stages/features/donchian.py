"""F12: Donchian channel of the last 20 bars, the current one included, and the close's place in it."""

import math
from typing import Any

from worker.engine.history import at
from worker.engine.kernel import kernel
from worker.engine.stages.features.arithmetic import equal, ratio
from worker.engine.stages.features.parts import NO_STATE, output

STATE = NO_STATE
OUTPUT = output("don_hi", "don_lo", "don_pos_20")
WARMUP = (20, 20, 20)
PERIOD = 20


@kernel
def channel(history: Any, newest: int) -> tuple[float, float]:
    """Highest high and lowest low of the 20 bars that end `newest` bars ago."""
    high, low = -math.inf, math.inf
    for age in range(newest, newest + PERIOD):
        row = at(history, age)
        high = max(high, row.high)
        low = min(low, row.low)
    return high, low


@kernel
def update(history: Any, row: Any, out: Any) -> None:
    """Highest high, lowest low (TA-Lib DONCHIAN); pos = (c-lo)/(hi-lo), 0.5 when flat."""
    out.don_hi = out.don_lo = out.don_pos_20 = math.nan
    if history.count < PERIOD:
        return
    high, low = channel(history, 0)
    out.don_hi = high
    out.don_lo = low
    out.don_pos_20 = ratio(row.close - low, 0.0 if equal(high, low) else high - low, 0.5)
