"""F05: linearly weighted moving average of the close over 20 bars."""

from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import finite
from worker.engine.stages.features.close_window import CloseWindow
from worker.engine.stages.features.parts import NO_STATE, Feature

STATE = NO_STATE
FEATURES = (
    Feature(
        "F05", "wma_20", 20, "Σ j·c_j / Σ j over 20 closes, j = 1 for the oldest to 20 for the newest", "TA-Lib WMA"
    ),
)


@embedded
def update(closes: CloseWindow, out: Any) -> None:
    """Write the weighted mean of the window's closes (TA-Lib WMA)."""
    out.wma_20 = finite(closes.weighted)
