"""F03: exponential moving averages of the close over 12, 26 and 50 bars and the close's distance to them in ATRs."""

import math
from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import close_mean, ema, ratio
from worker.engine.stages.features.parts import Feature, state

STATE = state("average_12", "average_26", "average_50")
PERIODS = (12, 26, 50)
FEATURES = (
    *(
        Feature("F03", f"ema_{p}", p, f"e += 2/{p + 1}·(c - e), seeded with the mean of {p} closes", "TA-Lib EMA")
        for p in PERIODS
    ),
    *(
        Feature("F03", f"ema_{p}_dist", max(p, 15), f"(c - ema_{p})/atr_14; 0 where atr_14 is 0", "definition")
        for p in PERIODS
    ),
)


@embedded
def _next(history: Any, close: float, previous: float, period: int) -> float:
    if history.count > period:
        return ema(previous, close, period)
    return close_mean(history, period) if history.count == period else math.nan


@embedded
def update(own: Any, history: Any, row: Any, out: Any) -> None:
    """Write EMA_p and dist = (c-e)/ATR14, 0 at ATR 0.

    EMA_p: seed = mean of the first p closes, then e += 2/(p+1)·(c-e) (TA-Lib EMA).
    Reads `out.atr_14`, so the ATR of this bar must be written first.
    """
    close = row.close
    own.average_12 = _next(history, close, own.average_12, 12)
    own.average_26 = _next(history, close, own.average_26, 26)
    own.average_50 = _next(history, close, own.average_50, 50)
    out.ema_12 = own.average_12
    out.ema_26 = own.average_26
    out.ema_50 = own.average_50
    out.ema_12_dist = ratio(close - own.average_12, out.atr_14, 0.0)
    out.ema_26_dist = ratio(close - own.average_26, out.atr_14, 0.0)
    out.ema_50_dist = ratio(close - own.average_50, out.atr_14, 0.0)
