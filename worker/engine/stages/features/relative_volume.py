"""F21: the volume against the previous 20 bars, as a z-score and as a ratio."""

import math
from typing import Any

from worker.engine.history import at
from worker.engine.kernel import kernel
from worker.engine.stages.features.arithmetic import DEAD_ZONE, ratio
from worker.engine.stages.features.parts import NO_STATE, output

STATE = NO_STATE
OUTPUT = output("vol_z_20", "rvol_20")
WARMUP = (21, 21)
PERIOD = 20


@kernel
def _mean(history: Any) -> float:
    total = 0.0
    for age in range(PERIOD, 0, -1):
        total += at(history, age).volume
    return total / PERIOD


@kernel
def _deviation(history: Any, mean: float) -> float:
    squares = 0.0
    for age in range(PERIOD, 0, -1):
        distance = at(history, age).volume - mean
        squares += distance * distance
    return math.sqrt(squares / PERIOD)


@kernel
def update(history: Any, row: Any, out: Any) -> None:
    """(v-mean)/std with ddof 0, 0 when all are equal; v/mean, NaN when all are 0 (TA-Lib RVOL)."""
    out.vol_z_20 = out.rvol_20 = math.nan
    if history.count <= PERIOD:
        return
    mean = _mean(history)
    deviation = _deviation(history, mean)
    out.vol_z_20 = 0.0 if deviation <= DEAD_ZONE * abs(mean) else ratio(row.volume - mean, deviation, 0.0)
    out.rvol_20 = ratio(row.volume, mean, math.nan)
