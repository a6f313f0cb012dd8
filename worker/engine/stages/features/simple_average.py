"""F04: simple moving averages of the close over 20 and 50 bars."""

import math
from typing import Any

from worker.engine.kernel import kernel
from worker.engine.stages.features.arithmetic import close_mean
from worker.engine.stages.features.parts import NO_STATE, output

STATE = NO_STATE
OUTPUT = output("sma_20", "sma_50")
WARMUP = (20, 50)


@kernel
def update(history: Any, row: Any, out: Any) -> None:
    """Mean of the window's closes, summed afresh: no drift, no memory beyond the window (TA-Lib SMA)."""
    out.sma_20 = close_mean(history, 20) if history.count >= 20 else math.nan
    out.sma_50 = close_mean(history, 50) if history.count >= 50 else math.nan
