"""F24: Parkinson's volatility over 20 bars, per bar (Parkinson 1980)."""

import math
from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import finite
from worker.engine.stages.features.parts import NO_STATE, Feature
from worker.engine.stages.features.range_window import LN_2, PERIOD, RangeWindow

STATE = NO_STATE
FEATURES = (Feature("F24", "vol_pk_20", 20, "√(Σ ln(h/l)² / (4·20·ln 2)) over 20 bars", "Parkinson 1980"),)


@embedded
def update(ranges: RangeWindow, out: Any) -> None:
    """Write √(Σ ln(h/l)² / (4·n·ln 2))."""
    out.vol_pk_20 = finite(math.sqrt(ranges.spans / (4.0 * PERIOD * LN_2)))
