"""F30: Amihud's illiquidity over 20 bars (Amihud 2002)."""

import math
from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import finite
from worker.engine.stages.features.parts import NO_STATE, Feature
from worker.engine.stages.features.volume_window import PERIOD, VolumeWindow

STATE = NO_STATE
FEATURES = (
    Feature(
        "F30",
        "amihud_20",
        21,
        "10⁶·mean(|c/c1 - 1|/(c·v)) over the bars of 20 with c·v > 0; NaN with fewer than 10",
        "Amihud 2002",
    ),
)
SCALE = 1e6
MIN_TRADES = 10


@embedded
def update(history: Any, volumes: VolumeWindow, out: Any) -> None:
    """Write the mean absolute return per million of quote currency traded."""
    warm = history.count > PERIOD and volumes.trades >= MIN_TRADES
    out.amihud_20 = finite(SCALE * volumes.illiquidity / volumes.trades) if warm else math.nan
