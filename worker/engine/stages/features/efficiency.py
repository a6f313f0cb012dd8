"""F31: Kaufman's efficiency ratio over 10 and 20 bars (Kaufman 1995)."""

import math
from typing import Any

from worker.engine.history import at
from worker.engine.kernel import kernel
from worker.engine.stages.features.arithmetic import ratio
from worker.engine.stages.features.parts import NO_STATE, Feature

STATE = NO_STATE
FEATURES = tuple(
    Feature("F31", f"er_{p}", p + 1, f"|c - c{p}|/Σ |c - c1| over {p} bars; 0 when flat", "Kaufman 1995; TA-Lib ER")
    for p in (10, 20)
)


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
