"""F31: Kaufman's efficiency ratio over 10 and 20 bars (Kaufman 1995)."""

import math
from typing import Any

from worker.engine.history import at
from worker.engine.kernel import kernel
from worker.engine.stages.features.arithmetic import ratio
from worker.engine.stages.features.parts import NO_STATE, output

STATE = NO_STATE
OUTPUT = output("er_10", "er_20")
WARMUP = (11, 21)


@kernel
def _efficiency(history: Any, close: float, period: int) -> float:
    if history.count <= period:
        return math.nan
    past = at(history, period).close
    previous, path = past, 0.0
    for age in range(period - 1, -1, -1):
        current = at(history, age).close
        path += abs(current - previous)
        previous = current
    return ratio(abs(close - past), path, 0.0)


@kernel
def update(history: Any, row: Any, out: Any) -> None:
    """|c - c_p| / Σ_p |Δc|, 0 when flat (TA-Lib ER)."""
    out.er_10 = _efficiency(history, row.close, 10)
    out.er_20 = _efficiency(history, row.close, 20)
