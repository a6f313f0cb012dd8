"""The candle signal: reversal patterns against the trend, decaying over six bars (domain §4.1)."""

import math
from typing import Any

import numpy as np

from worker.engine.history import at
from worker.engine.kernel import kernel
from worker.engine.stages.patterns.candlesticks import doji, engulfing, hammer
from worker.engine.stages.patterns.decay import half_life

MEMORY = 7  # bars: ages 0 to 6
WEIGHTS = half_life(3, MEMORY)

STATE = np.dtype([("events", "f8", (MEMORY,))], align=True)
OUTPUT = np.dtype([("doji", "f8"), ("hammer", "f8"), ("engulfing", "f8"), ("candle", "f8"), ("trend_ctx", "f8")])


@kernel
def trend_context(history: Any, average: float) -> float:
    """Sign of the previous close against EMA50: the trend that a reversal pattern would end; NaN until warm."""
    if history.count < 2 or math.isnan(average):
        return math.nan
    previous = at(history, 1).close
    return 1.0 if previous > average else (-1.0 if previous < average else 0.0)


@kernel
def against(value: float, trend: float) -> float:
    """A pattern's share of the signal, value/100, when its direction opposes the trend; else 0."""
    return value / 100.0 if value * trend < 0.0 else 0.0


@kernel
def decayed_sum(events: Any, newest: int) -> float:
    """Σ event·0.5^(age/3) over ages 6 to 0, clipped to [-1, 1]."""
    total = 0.0
    for age in range(MEMORY - 1, -1, -1):
        total += events[(newest - age) % MEMORY] * WEIGHTS[age]
    return min(max(total, -1.0), 1.0)


@kernel
def update(own: Any, history: Any, average: float, out: Any) -> None:
    """Write the patterns' values and the signal; a doji has no direction of its own, so it does not enter the signal.

    `average` is EMA50 of the current bar. Until it is warm, patterns are reported but leave no event.
    """
    trend = trend_context(history, average)
    out.trend_ctx = trend
    out.doji = doji(history)
    out.hammer = hammer(history)
    out.engulfing = engulfing(history)
    newest = history.count % MEMORY
    own.events[newest] = against(out.hammer, trend) + against(out.engulfing, trend)
    out.candle = math.nan if math.isnan(trend) else decayed_sum(own.events, newest)
