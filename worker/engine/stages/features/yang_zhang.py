"""F26: Yang-Zhang volatility over 20 bars, per bar (Yang & Zhang 2000; Rogers & Satchell 1991)."""

import math
from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import finite
from worker.engine.stages.features.parts import NO_STATE, Feature
from worker.engine.stages.features.range_window import PERIOD, RangeWindow

STATE = NO_STATE
FEATURES = (
    Feature(
        "F26",
        "vol_yz_20",
        21,
        "√(σ²_o + k·σ²_c + (1-k)·σ²_rs): sample variances of ln(o/c1) and ln(c/o), "
        "mean of ln(h/o)·ln(h/c) + ln(l/o)·ln(l/c); k = 0.34/(1.34 + 21/19)",
        "Yang and Zhang 2000; Rogers and Satchell 1991",
    ),
)
BLEND = 0.34 / (1.34 + (PERIOD + 1) / (PERIOD - 1))


@embedded
def update(ranges: RangeWindow, out: Any) -> None:
    """Write √(σ²_overnight + k·σ²_session + (1-k)·σ²_rs), k = 0.34/(1.34 + 21/19)."""
    satchell = ranges.rogers_satchell / PERIOD
    variance = ranges.overnight_variance + BLEND * ranges.session_variance + (1.0 - BLEND) * satchell
    out.vol_yz_20 = finite(math.sqrt(max(variance, 0.0)))
