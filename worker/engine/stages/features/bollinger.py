"""F10: position of the close in the Bollinger bands (20, 2), and their width (Bollinger 2001)."""

import math
from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import equal, ratio
from worker.engine.stages.features.close_window import PERIOD, CloseWindow
from worker.engine.stages.features.parts import NO_STATE, Feature

STATE = NO_STATE
FEATURES = (
    Feature(
        "F10",
        "bb_pctb_20",
        20,
        "(c - lo)/(up - lo), bands SMA20 ± 2σ, σ of 20 closes (ddof 0); 0.5 when flat",
        "Bollinger 2001; TA-Lib BBANDS",
    ),
    Feature("F10", "bb_width_20", 20, "(up - lo)/SMA20; 0 when flat", "Bollinger 2001; TA-Lib BBANDS"),
)
DEVIATIONS = 2.0


@embedded
def update(row: Any, closes: CloseWindow, out: Any) -> None:
    """Write %B = (c-lo)/(up-lo), 0.5 when flat, and (up-lo)/mid of the bands mid ± 2σ, ddof 0 (TA-Lib BBANDS)."""
    half = DEVIATIONS * math.sqrt(closes.squares / PERIOD)
    upper, lower = closes.mean + half, closes.mean - half
    width = 0.0 if equal(upper, lower) else upper - lower
    out.bb_pctb_20 = ratio(row.close - lower, width, 0.5)
    out.bb_width_20 = ratio(width, closes.mean, 0.0)
