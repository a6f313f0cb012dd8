"""F22: momentum and rate of change over 10 bars."""

import math
from typing import Any

from worker.engine.history import at
from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import finite, ratio
from worker.engine.stages.features.parts import NO_STATE, Feature

STATE = NO_STATE
FEATURES = (
    Feature("F22", "mom_10", 11, "c - c10", "TA-Lib MOM"),
    Feature("F22", "roc_10", 11, "100·(c/c10 - 1); 0 after a close of 0", "TA-Lib ROC"),
)
PERIOD = 10


@embedded
def update(history: Any, row: Any, out: Any) -> None:
    """Write mom = c - c10 and roc = 100·(c/c10 - 1), 0 after a close of 0 (TA-Lib MOM, ROC)."""
    out.mom_10 = out.roc_10 = math.nan
    if history.count <= PERIOD:
        return
    past = at(history, PERIOD).close
    out.mom_10 = finite(row.close - past)
    out.roc_10 = finite(100.0 * (ratio(row.close, past, 1.0) - 1.0))
