"""F25: Garman and Klass's volatility over 20 bars, per bar (Garman and Klass 1980)."""

import math
from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import finite
from worker.engine.stages.features.parts import NO_STATE, Feature
from worker.engine.stages.features.range_window import LN_2, PERIOD, RangeWindow

STATE = NO_STATE
FEATURES = (
    Feature(
        "F25",
        "vol_gk_20",
        20,
        "√(mean(½·ln(h/l)² - (2·ln 2 - 1)·ln(c/o)²)) over 20 bars, at least 0",
        "Garman and Klass 1980",
    ),
)
SESSION_WEIGHT = 2.0 * LN_2 - 1.0


@embedded
def update(ranges: RangeWindow, out: Any) -> None:
    """Write √(mean(½·ln(h/l)² - (2·ln 2 - 1)·ln(c/o)²)); 0 where the mean is negative."""
    variance = (0.5 * ranges.spans - SESSION_WEIGHT * ranges.sessions) / PERIOD
    out.vol_gk_20 = finite(math.sqrt(max(variance, 0.0)))
