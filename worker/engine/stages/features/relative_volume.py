"""F21: the volume relative to the previous 20 bars, as a z-score and as a ratio."""

import math
from typing import Any

from worker.engine.history import at
from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import DEAD_ZONE, ratio
from worker.engine.stages.features.parts import NO_STATE, Feature

STATE = NO_STATE
FEATURES = (
    Feature(
        "F21", "vol_z_20", 21, "(v - mean)/σ of the previous 20 volumes (ddof 0); 0 where they are equal", "definition"
    ),
    Feature("F21", "rvol_20", 21, "v / mean of the previous 20 volumes; NaN where all are 0", "TA-Lib RVOL"),
)
PERIOD = 20


@embedded
def _mean_and_deviation(history: Any) -> tuple[float, float]:
    """Return mean and deviation of the previous 20 volumes, from the distances to the newest (see `close_window`)."""
    newest = at(history, 1).volume
    total, squares = 0.0, 0.0
    for age in range(PERIOD, 1, -1):
        distance = at(history, age).volume - newest
        total += distance
        squares += distance * distance
    return newest + total / PERIOD, math.sqrt(max(squares - total * total / PERIOD, 0.0) / PERIOD)


@embedded
def update(history: Any, row: Any, out: Any) -> None:
    """Write (v-mean)/std with ddof 0, 0 when all are equal, and v/mean, NaN when all are 0 (TA-Lib RVOL)."""
    out.vol_z_20 = out.rvol_20 = math.nan
    if history.count <= PERIOD:
        return
    mean, deviation = _mean_and_deviation(history)
    out.vol_z_20 = 0.0 if deviation <= DEAD_ZONE * abs(mean) else ratio(row.volume - mean, deviation, 0.0)
    out.rvol_20 = ratio(row.volume, mean, math.nan)
