"""F07: relative strength index over 14 bars (Wilder 1978)."""

import math
from typing import Any

from worker.engine.history import at
from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import ratio, wilder
from worker.engine.stages.features.parts import Feature, state

STATE = state("gain", "loss")
FEATURES = (
    Feature(
        "F07",
        "rsi_14",
        15,
        "100·G/(G + L), Wilder means of 14 gains and losses; 50 where nothing has moved",
        "Wilder 1978; TA-Lib RSI",
    ),
)
PERIOD = 14
NEUTRAL = 0.5


@embedded
def _advance(own: Any, n: int, change: float) -> None:
    """Advance the Wilder means, seeded at bar 15; until then the fields are sums of the changes."""
    gain, loss = max(change, 0.0), max(-change, 0.0)
    if n > PERIOD + 1:
        own.gain = wilder(own.gain, gain, PERIOD)
        own.loss = wilder(own.loss, loss, PERIOD)
        return
    own.gain += gain
    own.loss += loss
    if n == PERIOD + 1:
        own.gain /= PERIOD
        own.loss /= PERIOD


@embedded
def update(own: Any, history: Any, row: Any, out: Any) -> None:
    """Write 100·G/(G+L), G and L the Wilder means of gains and losses (TA-Lib RSI); 50 before any change."""
    out.rsi_14 = math.nan
    if history.count < 2:
        return
    _advance(own, history.count, row.close - at(history, 1).close)
    if history.count > PERIOD:
        out.rsi_14 = 100.0 * ratio(own.gain, own.gain + own.loss, NEUTRAL)
