"""F32: slope of the least squares line through 20 closes, as a share of the close."""

from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import ratio
from worker.engine.stages.features.close_window import CloseWindow
from worker.engine.stages.features.parts import NO_STATE, Feature

STATE = NO_STATE
FEATURES = (
    Feature(
        "F32", "slope_20", 20, "slope a bar of the least squares line through 20 closes / c", "TA-Lib LINEARREG_SLOPE"
    ),
)


@embedded
def update(row: Any, closes: CloseWindow, out: Any) -> None:
    """Write slope/close (TA-Lib LINEARREG_SLOPE); 0 at a close of 0."""
    out.slope_20 = ratio(closes.slope, row.close, 0.0)
