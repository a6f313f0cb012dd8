"""F04: simple moving averages of the close over 20 and 50 bars."""

import math
from typing import Any

from worker.engine.history import at
from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import finite
from worker.engine.stages.features.close_window import CloseWindow
from worker.engine.stages.features.parts import Feature, state

STATE = state("total", "peak")  # Σ c of the last 50 bars, and the largest |Σ| since the last rebuild
FEATURES = tuple(
    Feature("F04", f"sma_{period}", period, f"mean of {period} closes", "TA-Lib SMA") for period in (20, 50)
)
PERIOD = 50
LOST = 1e-3  # a total below this share of its peak has lost three digits or more: rebuild it


@embedded
def _advance(own: Any, history: Any, close: float, boundary: bool) -> None:
    own.total += close
    own.peak = max(own.peak, abs(own.total))
    if history.count > PERIOD:
        own.total -= at(history, PERIOD).close
    if boundary or not abs(own.total) >= LOST * own.peak:
        own.total = 0.0
        for age in range(min(history.count, PERIOD) - 1, -1, -1):
            own.total += at(history, age).close
        own.peak = abs(own.total)


@embedded
def update(own: Any, history: Any, row: Any, closes: CloseWindow, boundary: bool, out: Any) -> None:
    """Write the means of the windows' closes (TA-Lib SMA); rebuild the longer one's sum at time boundaries."""
    _advance(own, history, row.close, boundary)
    out.sma_20 = finite(closes.mean)
    out.sma_50 = finite(own.total / PERIOD) if history.count >= PERIOD else math.nan
