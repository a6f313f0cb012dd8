"""F06: moving average convergence/divergence (12, 26, 9) of the close."""

import math
from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import close_mean, ema
from worker.engine.stages.features.parts import Feature, state

STATE = state("fast", "slow", "signal")
FEATURES = (
    Feature("F06", "macd", 34, "EMA12 - EMA26 of the close, both seeded at bar 26", "TA-Lib MACD"),
    Feature("F06", "macd_signal", 34, "EMA9 of macd, seeded with the mean of its first 9 values", "TA-Lib MACD"),
    Feature("F06", "macd_hist", 34, "macd - macd_signal", "TA-Lib MACD"),
)
FAST, SLOW, SIGNAL = 12, 26, 9
FIRST = SLOW + SIGNAL - 1


@embedded
def _advance(own: Any, history: Any, close: float) -> None:
    """Advance both averages; they start together, the fast one seeded with the 12 closes that end at bar 26."""
    if history.count == SLOW:
        own.fast = close_mean(history, FAST)
        own.slow = close_mean(history, SLOW)
    else:
        own.fast = ema(own.fast, close, FAST)
        own.slow = ema(own.slow, close, SLOW)


@embedded
def _advance_signal(own: Any, n: int, line: float) -> None:
    """Advance the signal, seeded with the mean of the line's first nine values; until then `signal` is their sum."""
    if n > FIRST:
        own.signal = ema(own.signal, line, SIGNAL)
        return
    own.signal += line
    if n == FIRST:
        own.signal /= SIGNAL


@embedded
def update(own: Any, history: Any, row: Any, out: Any) -> None:
    """Write macd = EMA12 - EMA26, signal = EMA9 of it, hist = macd - signal; all valid from bar 34 (TA-Lib MACD)."""
    out.macd = out.macd_signal = out.macd_hist = math.nan
    if history.count < SLOW:
        return
    _advance(own, history, row.close)
    line = own.fast - own.slow
    _advance_signal(own, history.count, line)
    if history.count >= FIRST:
        out.macd = line
        out.macd_signal = own.signal
        out.macd_hist = line - own.signal
