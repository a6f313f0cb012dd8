"""F23: close-to-close volatility of 20 log returns, per bar."""

import math
from typing import Any

from worker.engine.history import at
from worker.engine.kernel import kernel
from worker.engine.stages.features.parts import NO_STATE, output

STATE = NO_STATE
OUTPUT = output("rv_cc_20")
WARMUP = (21,)
PERIOD = 20


@kernel
def update(history: Any, row: Any, out: Any) -> None:
    """Sample standard deviation (ddof 1) of the last 20 log returns, in two passes."""
    if history.count <= PERIOD:
        out.rv_cc_20 = math.nan
        return
    mean = 0.0
    for age in range(PERIOD - 1, -1, -1):
        mean += at(history, age).logret
    mean /= PERIOD
    squares = 0.0
    for age in range(PERIOD - 1, -1, -1):
        distance = at(history, age).logret - mean
        squares += distance * distance
    out.rv_cc_20 = math.sqrt(squares / (PERIOD - 1))
