"""F01 and F02: simple and logarithmic return of one bar."""

import math
from typing import Any

from worker.engine.history import at
from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import finite, ratio
from worker.engine.stages.features.parts import NO_STATE, Feature

STATE = NO_STATE
FEATURES = (
    Feature("F01", "ret_1", 2, "c/c1 - 1; 0 after a close of 0", "TA-Lib ROCP"),
    Feature("F02", "logret_1", 2, "ln(c/c1)", "definition"),
)


@embedded
def update(history: Any, row: Any, out: Any) -> None:
    """Write the simple return (TA-Lib ROCP 1; 0 after a close of 0) and the log return of the history."""
    out.logret_1 = finite(row.logret)
    out.ret_1 = ratio(row.close, at(history, 1).close, 1.0) - 1.0 if history.count >= 2 else math.nan
