"""Exponential averages of a timeframe's closes, whose ring is shorter than the longest seed."""

import math
from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import close_mean, ema, finite
from worker.engine.stages.features.parts import state

STATE = state("average_12", "average_26", "average_50")
SLOW = 50


@embedded
def _next(history: Any, close: float, previous: float, period: int) -> float:
    if history.count > period:
        return ema(previous, close, period)
    return close_mean(history, period) if history.count == period else math.nan


@embedded
def _advance_slow(own: Any, n: int, close: float) -> None:
    """Advance EMA50; until its seed at bar 50 it is the sum of the closes, oldest first as in the window mean."""
    if n > SLOW:
        own.average_50 = ema(own.average_50, close, SLOW)
        return
    own.average_50 += close
    if n == SLOW:
        own.average_50 = finite(own.average_50 / SLOW)


@embedded
def update(own: Any, history: Any, row: Any, out: Any) -> None:
    """Write EMA 12, 26 and 50 of the close, bit-equal to those of the features stage (TA-Lib EMA)."""
    own.average_12 = _next(history, row.close, own.average_12, 12)
    own.average_26 = _next(history, row.close, own.average_26, 26)
    _advance_slow(own, history.count, row.close)
    out.ema_12 = own.average_12
    out.ema_26 = own.average_26
    out.ema_50 = own.average_50 if history.count >= SLOW else math.nan
