"""F05: linearly weighted moving average of the close over 20 bars."""

import math
from typing import Any

from worker.engine.history import at
from worker.engine.kernel import kernel
from worker.engine.stages.features.arithmetic import finite
from worker.engine.stages.features.parts import NO_STATE, output

STATE = NO_STATE
OUTPUT = output("wma_20")
WARMUP = (20,)
PERIOD = 20
WEIGHTS = PERIOD * (PERIOD + 1) / 2


@kernel
def update(history: Any, row: Any, out: Any) -> None:
    """Σ j·x_j / (p(p+1)/2), j = 1 for the oldest close to p for the newest (TA-Lib WMA)."""
    if history.count < PERIOD:
        out.wma_20 = math.nan
        return
    total = 0.0
    for age in range(PERIOD - 1, -1, -1):
        total += (PERIOD - age) * at(history, age).close
    out.wma_20 = finite(total / WEIGHTS)
