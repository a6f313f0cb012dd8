"""Fusion of the timeframes' trends into one value, and their agreement."""

import math
from typing import Any

from worker.engine.elementary import tanh
from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import ratio


@embedded
def direction(values: Any, full_adx: float) -> float:
    """Return tanh((EMA12 - EMA26)/ATR14)·min(1, ADX14/25); 0 where the ATR is 0, NaN until all are warm."""
    if math.isnan(values.adx_14):
        return math.nan
    strength = min(1.0, values.adx_14 / full_adx)
    leaning: float = tanh(ratio(values.ema_12 - values.ema_26, values.atr_14, 0.0)) * strength
    return leaning


@embedded
def sign(x: float) -> float:
    """Return -1, 0 or 1."""
    return 1.0 if x > 0.0 else (-1.0 if x < 0.0 else 0.0)


@embedded
def fuse(base: float, frames: Any, first: int, weights: Any) -> tuple[float, float]:
    """Return (Σw·d/Σw, |Σw·sgn d|/Σw) over the timeframes whose direction is ready, the bars' own included.

    NaN when none is ready. `weights`: of the bars' own timeframe, then one per timeframe.
    """
    total = weighted = signed = 0.0
    if not math.isnan(base):
        total = weights[0]
        weighted = weights[0] * base
        signed = weights[0] * sign(base)
    for k in range(first, frames.shape[0]):
        frame = frames[k]
        if frame.closed.bars == 0 or math.isnan(frame.direction):
            continue
        total += weights[k + 1]
        weighted += weights[k + 1] * frame.direction
        signed += weights[k + 1] * sign(frame.direction)
    if total <= 0.0:
        return math.nan, math.nan
    return weighted / total, abs(signed) / total
