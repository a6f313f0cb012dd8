"""Trend axis: presence and direction of a trend, with hysteresis (ADX: Wilder 1978; ER: Kaufman 1995)."""

import math
from typing import Any

import numpy as np

from worker.engine.kernel import embedded

STATE = np.dtype([("trending", "i8"), ("sign", "i8")], align=True)


@embedded
def ready(features: Any) -> bool:
    """Return whether ADX, DI, the efficiency ratio and EMA50 are warm."""
    return not (math.isnan(features.adx_14) or math.isnan(features.er_20) or math.isnan(features.ema_50))


@embedded
def update(own: Any, close: float, features: Any, p: Any) -> None:
    """Turn the trend on when ADX and ER are strong, off when either is weak; its sign needs DI and EMA50 to agree."""
    if features.adx_14 >= p.adx_enter and features.er_20 >= p.er_enter:
        own.trending = 1
    elif features.adx_14 < p.adx_exit or features.er_20 < p.er_exit:
        own.trending = 0
    if features.plus_di > features.minus_di and close > features.ema_50:
        own.sign = 1
    elif features.plus_di < features.minus_di and close < features.ema_50:
        own.sign = -1
