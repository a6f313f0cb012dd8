"""F01 ret_1 = c/c1 - 1 and F02 logret_1 = ln(c/c1)."""

import math
from typing import Any

from worker.engine.history import at
from worker.engine.kernel import kernel
from worker.engine.stages.features.arithmetic import ratio
from worker.engine.stages.features.parts import NO_STATE, output

STATE = NO_STATE
OUTPUT = output("ret_1", "logret_1")
WARMUP = (2, 2)


@kernel
def update(history: Any, row: Any, out: Any) -> None:
    """Simple return (TA-Lib ROCP 1; 0 after a close of 0) and the log return that the history holds."""
    out.logret_1 = row.logret
    out.ret_1 = ratio(row.close, at(history, 1).close, 1.0) - 1.0 if history.count >= 2 else math.nan
