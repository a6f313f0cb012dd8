"""As many bars as the longest memory asks for, in bars of the symbol."""

from __future__ import annotations

from worker.engine.strategy.plan import settled
from worker.strategy import ta
from worker.strategy.describing.rebuilding import MOST, rebuilding

MINUTE, HOUR = 60_000, 3_600_000


def test_bars_of_a_longer_timeframe_are_counted_in_those_of_the_symbol() -> None:
    slow, fast = ta.ema(50, timeframe="4h").series, ta.sma(20).series
    assert rebuilding([fast], HOUR) == 20
    assert rebuilding([fast, slow], HOUR) == 4 * settled(slow)
    assert rebuilding([fast, slow], 4 * HOUR) == settled(slow)
    assert rebuilding([fast, slow], 24 * HOUR) == settled(slow)
    assert rebuilding([fast, slow], 5 * MINUTE) == 48 * settled(slow)
    assert rebuilding([fast, slow], MINUTE) == MOST


def test_what_no_bars_rebuild_asks_for_none() -> None:
    assert rebuilding([], HOUR) == 0
    assert rebuilding([ta.obv().series], HOUR) == 0
    assert rebuilding([ta.obv().series, ta.sma(1_500).series], HOUR) == 1_500
