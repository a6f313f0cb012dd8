"""F13: slow stochastic oscillator (14, 3, 3) (Lane 1984)."""

import math
from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import equal, ratio
from worker.engine.stages.features.parts import Feature, state

STATE = state("fast_1", "fast_2", "k_1", "k_2")  # values one and two bars ago
FEATURES = (
    Feature(
        "F13",
        "stoch_k",
        18,
        "SMA3 of 100·(c - L)/(H - L), H and L the extremes of 14 bars; 50 for a bar whose window is flat",
        "Lane 1984; TA-Lib STOCH",
    ),
    Feature("F13", "stoch_d", 18, "SMA3 of stoch_k", "Lane 1984; TA-Lib STOCH"),
)
PERIOD = 14
SMOOTHING = 3
FIRST = PERIOD + 2 * (SMOOTHING - 1)
NEUTRAL = 0.5


@embedded
def update(own: Any, extremes: Any, history: Any, row: Any, out: Any) -> None:
    """Write both averages, valid from bar 18 (TA-Lib STOCH with moving average type 0)."""
    out.stoch_k = out.stoch_d = math.nan
    if history.count < PERIOD:
        return
    high, low = extremes.high_14.price, extremes.low_14.price
    fast = 100.0 * ratio(row.close - low, 0.0 if equal(high, low) else high - low, NEUTRAL)
    k = (own.fast_2 + own.fast_1 + fast) / SMOOTHING
    if history.count >= FIRST:
        out.stoch_k = k
        out.stoch_d = (own.k_2 + own.k_1 + k) / SMOOTHING
    own.fast_2, own.fast_1 = own.fast_1, fast
    own.k_2, own.k_1 = own.k_1, k
