"""F10: place of the close in, and width of, the Bollinger bands (20, 2) (Bollinger 2001)."""

import math
from typing import Any

from worker.engine.kernel import kernel
from worker.engine.stages.features.arithmetic import close_squares, equal, ratio
from worker.engine.stages.features.parts import NO_STATE, output

STATE = NO_STATE
OUTPUT = output("bb_pctb_20", "bb_width_20")
WARMUP = (20, 20)
PERIOD = 20
DEVIATIONS = 2.0


@kernel
def update(history: Any, row: Any, out: Any) -> None:
    """Bands mid ± 2σ, σ with ddof 0 in two passes (TA-Lib BBANDS): %B = (c-lo)/(up-lo), 0.5 when flat; (up-lo)/mid.

    Reads `out.sma_20`: the mean of this bar must have been written before.
    """
    middle = out.sma_20
    out.bb_pctb_20 = out.bb_width_20 = math.nan
    if history.count < PERIOD:
        return
    half = DEVIATIONS * math.sqrt(close_squares(history, PERIOD, middle) / PERIOD)
    upper, lower = middle + half, middle - half
    width = 0.0 if equal(upper, lower) else upper - lower
    out.bb_pctb_20 = ratio(row.close - lower, width, 0.5)
    out.bb_width_20 = ratio(width, middle, 0.0)
