"""Candlesticks equal TA-Lib's bar for bar; the candle signal is their decayed sum, weighed by the trend."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import talib
from numpy.typing import NDArray
from talib import abstract

from tests.support.features_drive import drive, make_bars
from tests.support.features_series import Series, market_series, random_walk
from tests.support.oracle_report import record
from tests.unit.engine.stages.patterns.series import candle_series, outputs, series
from worker.engine.stages.patterns import CANDLES, STATE
from worker.engine.stages.patterns.candles.catalogue import CONTINUATION, INDECISION, NAMES, REVERSAL, Candle

BARS = 100_000
IDS = [candle.name for candle in CANDLES]
SIGNED = {"gravestone_doji": -1}  # TA-Lib says +100 of a bearish pattern


def _talib(candle: Candle, s: Series) -> NDArray[np.int32]:
    values: NDArray[np.int32] = getattr(talib, candle.talib)(s.open, s.high, s.low, s.close)
    return values


def _found(candle: Candle, name: str) -> NDArray[np.int8]:
    values: NDArray[np.int8] = outputs(name)["patterns"]["candles"][:, CANDLES.index(candle)]
    return values


@pytest.mark.parametrize("candle", CANDLES, ids=IDS)
def test_no_bar_differs_from_talib(candle: Candle) -> None:
    bars = 0
    seen: set[int] = set()
    for name, bars_of in candle_series().items():
        expected = _talib(candle, bars_of)
        assert np.flatnonzero(_found(candle, name) != expected).tolist() == [], name
        bars += expected.size
        seen |= set(expected.tolist())
    record(f"{candle.name} talib {bars}_bars", 0.0, 0.0)
    assert bars >= BARS
    values = {int(v) for text in candle.values.split(", ") for v in ([text] if "±" not in text else _both(text))}
    assert seen == values | {0}


def _both(text: str) -> list[str]:
    return [text.replace("±", sign) for sign in ("", "-")]


def test_there_are_36_patterns_of_distinct_names_and_functions() -> None:
    assert len(set(NAMES)) == len({candle.talib for candle in CANDLES}) == len(CANDLES) == 36
    assert [candle.lookback for candle in CANDLES] == [getattr(abstract, candle.talib).lookback for candle in CANDLES]


def test_averages_are_those_of_a_fresh_start() -> None:
    """TA-Lib's running sums decide exact ties by rounding left over from older bars; asked afresh, it agrees."""
    whole = series("lean_aig")
    differing = 0
    for candle in CANDLES:
        found = _found(candle, "lean_aig")
        for t in np.flatnonzero(found != _talib(candle, whole)).tolist():
            window = Series(*(column[t - candle.lookback : t + 1] for column in whole))
            assert found[t] == _talib(candle, window)[-1]
            differing += 1
    assert differing <= 3


def _expected_signal(s: Series) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The definition, from TA-Lib's values: trend, then clipped Σ ±out/100·0.5^(age/3) over ages 0..6."""
    previous = np.concatenate([[np.nan], s.close[:-1]])
    trend = np.sign(previous - talib.EMA(s.close, 50))
    events = np.zeros(s.close.size)
    for candle in CANDLES:
        value = SIGNED.get(candle.name, 1) * _talib(candle, s) / 100
        counts = {REVERSAL: value * trend < 0, CONTINUATION: value * trend > 0, INDECISION: np.zeros(value.size, bool)}
        events += np.where(counts[candle.kind], value, 0.0)
    decayed = np.convolve(events, 0.5 ** (np.arange(7) / 3))[: events.size]
    return trend, np.where(np.isnan(trend), np.nan, np.clip(decayed, -1, 1))


@pytest.mark.parametrize("name", ["sp500", "ticks", "split", "nasdaq"])
def test_candle_signal_is_the_decayed_sum_of_what_the_trend_lets_count(name: str) -> None:
    found = outputs(name)["patterns"]
    trend, signal = _expected_signal(market_series()[name])
    assert np.array_equal(found["trend_ctx"], trend, equal_nan=True)
    np.testing.assert_array_equal(np.isnan(found["candle"]), np.isnan(signal))
    record(f"candle signal {name}", float(np.nanmax(np.abs(found["candle"] - signal))), 1e-12)


def test_what_kind_a_pattern_is() -> None:
    kinds: dict[int, set[str]] = {}
    for candle in CANDLES:
        kinds.setdefault(candle.kind, set()).add(candle.name)
    assert kinds[INDECISION] == {"doji", "long_legged_doji", "spinning_top", "high_wave"}
    assert kinds[CONTINUATION] == {
        "marubozu",
        "closing_marubozu",
        "long_line",
        "three_line_strike",
        "thrusting",
        "three_methods",
    }
    assert len(kinds[REVERSAL]) == 26


def test_a_reversal_with_the_trend_leaves_no_signal() -> None:
    """In a steady rise nothing bullish but a continuation counts."""
    walk = random_walk(21, 300, sigma=0.001)
    rise = np.exp(0.02 * np.arange(300))
    risen = walk._replace(**{name: getattr(walk, name) * rise for name in ("open", "high", "low", "close")})
    out = drive(make_bars(*risen))["patterns"][60:]
    assert (out["trend_ctx"] == 1.0).all()
    quiet = ~np.any(out["candles"][:, [c.kind == CONTINUATION for c in CANDLES]] != 0, axis=1)
    for t in range(7, quiet.size):
        if quiet[t - 6 : t + 1].all():
            assert out["candle"][t] <= 0.0


def test_patterns_forget_what_lies_before_their_look_back() -> None:
    name, start = "ticks_3", 5_000
    late = drive(make_bars(*Series(*(column[start:] for column in candle_series()[name]))))["patterns"]["candles"]
    longest = max(candle.lookback for candle in CANDLES)
    assert np.array_equal(late[longest:], outputs(name)["patterns"]["candles"][start + longest :])
    for index, candle in enumerate(CANDLES):
        assert not late[: candle.lookback, index].any()


def test_a_symbol_keeps_at_most_four_kibibytes() -> None:
    assert STATE.itemsize <= 4096


def test_flat_and_extreme_bars_find_nothing_impossible() -> None:
    flat: Any = np.full(50, 42.0)
    candles = drive(make_bars(flat, flat, flat, flat, np.zeros(50)))["patterns"]["candles"]
    assert set(np.flatnonzero(candles[-1]).tolist()) == {NAMES.index("doji")}
