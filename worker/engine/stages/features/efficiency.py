"""F31: Kaufman's efficiency ratio over 10 and 20 bars (Kaufman 1995)."""

import math
from typing import Any

from worker.engine.history import at
from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import ratio
from worker.engine.stages.features.parts import NO_STATE, Feature

STATE = NO_STATE
FEATURES = tuple(
    Feature("F31", f"er_{p}", p + 1, f"|c - c{p}|/Σ |c - c1| over {p} bars; 0 when flat", "Kaufman 1995; TA-Lib ER")
    for p in (10, 20)
)


@embedded
def _path(history: Any, oldest: int, newest: int) -> float:
    """Return Σ |Δc| from the close `oldest` bars ago to that `newest` bars ago."""
    path, previous = 0.0, at(history, oldest).close
    for age in range(oldest - 1, newest - 1, -1):
        current = at(history, age).close
        path += abs(current - previous)
        previous = current
    return path


@embedded
def update(history: Any, row: Any, out: Any) -> None:
    """Write |c - c_p| / Σ_p |Δc|, 0 when flat (TA-Lib ER)."""
    out.er_10 = out.er_20 = math.nan
    if history.count <= 10:
        return
    recent = _path(history, 10, 0)
    out.er_10 = ratio(abs(row.close - at(history, 10).close), recent, 0.0)
    if history.count > 20:
        out.er_20 = ratio(abs(row.close - at(history, 20).close), _path(history, 20, 10) + recent, 0.0)
