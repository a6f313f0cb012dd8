"""The candle signal: reversals against the trend and continuations with it, decaying over six bars (domain §4.1)."""

import math
from typing import Any

import numpy as np

from worker.engine.history import at
from worker.engine.kernel import embedded
from worker.engine.stages.patterns.candles.catalogue import CANDLES, KIND, SENSE
from worker.engine.stages.patterns.decay import half_life

MEMORY = 7  # bars: ages 0 to 6
WEIGHTS = half_life(3, MEMORY)
COUNT = len(CANDLES)

STATE = np.dtype([("events", "f8", (MEMORY,))], align=True)


@embedded
def trend_context(history: Any, average: float) -> float:
    """Return the sign of the previous close against EMA50, the trend that a reversal would end; NaN until warm."""
    if history.count < 2 or math.isnan(average):
        return math.nan
    previous = at(history, 1).close
    return 1.0 if previous > average else (-1.0 if previous < average else 0.0)


@embedded
def event(found: Any, trend: float) -> float:
    """Return Σ direction·|value|/100 over the reversals against the trend and the continuations with it."""
    if not trend * trend > 0.0:
        return 0.0
    sign = 1 if trend > 0.0 else -1
    total = 0
    for i in range(COUNT):
        directed = SENSE[i] * found[i]
        total += directed if directed * KIND[i] * sign > 0 else 0
    return total / 100.0


@embedded
def decayed_sum(events: Any, newest: int) -> float:
    """Return Σ event·0.5^(age/3) over ages 6 to 0, clipped to [-1, 1]."""
    total = 0.0
    for age in range(MEMORY - 1, -1, -1):
        total += events[(newest - age) % MEMORY] * WEIGHTS[age]
    return min(max(total, -1.0), 1.0)


@embedded
def update(own: Any, history: Any, average: float, out: Any) -> None:
    """Write the trend and the signal of the patterns in `out.candles`; patterns of indecision do not count.

    `average` is EMA50 of the current bar. Until it is warm, patterns leave no event.
    """
    trend = trend_context(history, average)
    newest = history.count % MEMORY
    own.events[newest] = event(out.candles, trend)
    out.trend_ctx = trend
    out.candle = math.nan if math.isnan(trend) else decayed_sum(own.events, newest)
