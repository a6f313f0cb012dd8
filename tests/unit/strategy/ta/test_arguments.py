"""What is asked for in a way that has no meaning is refused in a sentence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from worker.errors import ConfigError, Exit
from worker.strategy import ta

REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "no window": (lambda: ta.sma(0), "a period is a whole number from 1 to 10,000, not 0"),
    "a fraction": (lambda: ta.ema(2.5), "not 2.5"),  # type: ignore[arg-type]
    "a truth": (lambda: ta.ema(True), "not True"),
    "too long": (lambda: ta.highest(10_001), "not 10001"),
    "too short": (lambda: ta.slope(1), "from 2 to"),
    "no column": (lambda: ta.sma(5, source="clsoe"), "there is no source 'clsoe'. Choose one of open, high"),
    "no length": (lambda: ta.sma(5, timeframe="4x"), "there is no timeframe '4x'"),
    "no share of a day": (lambda: ta.sma(5, timeframe="7h"), "a timeframe divides a day, and '7h' does not"),
    "a month": (lambda: ta.close(timeframe="1mo"), "a timeframe divides a day"),
    "two timeframes": (lambda: ta.sma(5, source=ta.rsi(), timeframe="4h"), "has the timeframe of its source"),
    "mixed": (lambda: ta.subtract(ta.close(), ta.close(timeframe="4h")), "mixes two timeframes"),
    "the wrong way round": (lambda: ta.macd(26, 12), "the fast period of macd is longer than the slow one"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused(case: str) -> None:
    function, sentence = REFUSED[case]
    with pytest.raises(ConfigError) as caught:
        function()
    assert sentence in str(caught.value)
    assert caught.value.exit_code == Exit.CONFIG
