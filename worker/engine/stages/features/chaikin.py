"""F18: Chaikin money flow over 20 bars."""

from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import ratio
from worker.engine.stages.features.parts import NO_STATE, Feature
from worker.engine.stages.features.volume_window import VolumeWindow

STATE = NO_STATE
FEATURES = (
    Feature(
        "F18",
        "cmf_20",
        20,
        "Σ v·((c-l) - (h-c))/(h-l) / Σ v over 20 bars, h = l contributes 0; 0 without volume",
        "TA-Lib CMF",
    ),
)


@embedded
def update(volumes: VolumeWindow, out: Any) -> None:
    """Write the accumulation over the total volume (TA-Lib CMF)."""
    out.cmf_20 = ratio(volumes.accumulation, volumes.volume, 0.0)
