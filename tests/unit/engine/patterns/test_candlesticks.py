"""Candlesticks equal TA-Lib's bar for bar; the candle signal is their decayed sum against the trend."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import talib
from numpy.typing import NDArray

from tests.support.features_drive import drive, make_bars
from tests.support.features_series import NAMES, Series, market_series, random_walk

TALIB = {"doji": talib.CDLDOJI, "hammer": talib.CDLHAMMER, "engulfing": talib.CDLENGULFING}


@cache
def outputs(name: str) -> NDArray[Any]:
    if name not in market_series():
        pytest.skip(f"{name}: ../shared/data is not there")
    return drive(make_bars(*market_series()[name]))


LOOKBACK = 11  # bars before the current one that the longest of the three patterns looks at


def _talib(pattern: str, s: Series) -> NDArray[np.float64]:
    values: NDArray[np.float64] = TALIB[pattern](s.open, s.high, s.low, s.close).astype(float)
    return values


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("pattern", sorted(TALIB))
def test_no_bar_differs_from_talib(pattern: str, name: str) -> None:
    """TA-Lib's running sums decide exact ties by rounding left over from older bars; there it is asked afresh."""
    found, series = outputs(name)["patterns"][pattern], market_series()[name]
    differing = np.flatnonzero(found != _talib(pattern, series)).tolist()
    assert len(differing) <= 1
    for t in differing:
        window = Series(*(column[t - LOOKBACK : t + 1] for column in series))
        assert found[t] == _talib(pattern, window)[-1]


def test_every_pattern_and_value_occurs_in_the_series() -> None:
    seen = {p: set(np.concatenate([outputs(n)["patterns"][p] for n in market_series()]).tolist()) for p in TALIB}
    assert seen == {"doji": {0.0, 100.0}, "hammer": {0.0, 100.0}, "engulfing": {0.0, 80.0, -80.0, 100.0, -100.0}}


def _expected_signal(s: Series) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The definition, from TA-Lib's values: trend, then clipped Σ out/100·0.5^(age/3) over ages 0..6."""
    previous = np.concatenate([[np.nan], s.close[:-1]])
    average = talib.EMA(s.close, 50)
    trend = np.sign(previous - average)
    events = np.zeros(s.close.size)
    for pattern in ("hammer", "engulfing"):
        value = _talib(pattern, s) / 100
        events += np.where(value * trend < 0, value, 0.0)
    decayed = np.convolve(events, 0.5 ** (np.arange(7) / 3))[: events.size]
    return trend, np.where(np.isnan(trend), np.nan, np.clip(decayed, -1, 1))


@pytest.mark.parametrize("name", ["sp500", "ticks", "split", "lean_goog"])
def test_candle_signal_is_the_decayed_sum_of_reversals_against_the_trend(name: str) -> None:
    found = outputs(name)["patterns"]
    trend, signal = _expected_signal(market_series()[name])
    assert np.array_equal(found["trend_ctx"], trend, equal_nan=True)
    np.testing.assert_allclose(found["candle"], signal, rtol=0, atol=1e-12)


def test_a_pattern_with_the_trend_leaves_no_signal() -> None:
    """In a steady rise every bullish engulfing goes with the trend."""
    walk = random_walk(21, 300, sigma=0.001)
    rise = np.exp(0.02 * np.arange(300))
    risen = walk._replace(**{name: getattr(walk, name) * rise for name in ("open", "high", "low", "close")})
    out = drive(make_bars(*risen))["patterns"]
    assert (out["trend_ctx"][50:] == 1.0).all()
    assert (out["candle"][60:] <= 0.0).all()
