"""Indicators, direction and regime of every closed bucket equal TA-Lib and plain Python on the resampled series."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
import talib
from numpy.typing import NDArray

from tests.support.oracle_report import record
from tests.support.timeframes_drive import Run, buckets, drive
from tests.unit.engine.stages.timeframes.series import SERIES, bars_of, resampled
from worker.engine.stages.timeframes import TIMEFRAMES

BOUND = 1e-9
# TA-Lib's value, the size that an error is measured against at least.
OSCILLATOR = 100.0


def oracle(frame: pd.DataFrame) -> dict[str, tuple[NDArray[np.float64], Any]]:
    """Expected values by name, each with its scale."""
    high, low, close = (frame[name].to_numpy(float) for name in ("high", "low", "close"))
    top, bottom = frame["high"].rolling(20).max().to_numpy(), frame["low"].rolling(20).min().to_numpy()
    return {
        "ema_12": (talib.EMA(close, 12), close),
        "ema_26": (talib.EMA(close, 26), close),
        "ema_50": (talib.EMA(close, 50), close),
        "rsi_14": (talib.RSI(close, 14), OSCILLATOR),
        "atr_14": (talib.ATR(high, low, close, 14), 0.0),
        "plus_di": (talib.PLUS_DI(high, low, close, 14), OSCILLATOR),
        "minus_di": (talib.MINUS_DI(high, low, close, 14), OSCILLATOR),
        "adx_14": (talib.ADX(high, low, close, 14), OSCILLATOR),
        "er_20": (talib.ER(close, 20), 1.0),
        "don_pos_20": ((close - bottom) / (top - bottom), 1.0),
    }


def worst(found: NDArray[np.float64], expected: NDArray[np.float64], scale: Any) -> float:
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    warm = ~np.isnan(expected)
    size = np.maximum(np.abs(expected), np.broadcast_to(scale, expected.shape))[warm]
    return float((np.abs(found - expected)[warm] / size).max()) if warm.any() else 0.0


@cache
def run(name: str) -> Run:
    return drive(bars_of(name))


PAIRS = [(name, timeframe) for name, reached in SERIES.items() for timeframe in reached]


@pytest.mark.parametrize(("name", "timeframe"), PAIRS)
def test_indicators_equal_talib_at_every_close(name: str, timeframe: str) -> None:
    found = buckets(run(name), timeframe)
    frame, nth = resampled(bars_of(name), timeframe), found["times"] - 1
    assert len(found) > 60
    errors = {
        feature: worst(found["values"][feature], values[nth], np.broadcast_to(scale, values.shape)[nth])
        for feature, (values, scale) in oracle(frame).items()
    }
    for feature, error in errors.items():
        record(f"timeframes.{feature}", error, BOUND)


@pytest.mark.parametrize(("name", "timeframe"), PAIRS)
def test_the_direction_is_the_formula_over_talib(name: str, timeframe: str) -> None:
    found = buckets(run(name), timeframe)
    values = {k: v for k, (v, _) in oracle(resampled(bars_of(name), timeframe)).items()}
    strength = np.minimum(1.0, values["adx_14"] / 25.0)
    expected = np.tanh((values["ema_12"] - values["ema_26"]) / values["atr_14"]) * strength
    np.testing.assert_allclose(found["direction"], expected[found["times"] - 1], rtol=0, atol=BOUND)


def regimes(values: NDArray[Any], close: NDArray[np.float64]) -> list[int]:
    """The trend axis of domain §5 and its commitment, over plain lists."""
    trending, sign, code, raw = False, 0, 0, []
    found = []
    for f, c in zip(values, close, strict=True):
        if any(math.isnan(f[name]) for name in ("adx_14", "er_20", "ema_50")):
            raw.append(0)
        else:
            if f["adx_14"] >= 25 and f["er_20"] >= 0.30:
                trending = True
            elif f["adx_14"] < 20 or f["er_20"] < 0.15:
                trending = False
            if f["plus_di"] > f["minus_di"] and c > f["ema_50"]:
                sign = 1
            elif f["plus_di"] < f["minus_di"] and c < f["ema_50"]:
                sign = -1
            raw.append((1 if sign > 0 else 2) if trending and sign else 3)
        if raw[-1] != code and raw[-3:] == [raw[-1]] * 3:
            code = raw[-1]
        found.append(code)
    return found


@pytest.mark.parametrize(("name", "timeframe"), [("walk", "5m"), ("btcusd", "15m"), ("spy_hour", "1d")])
def test_the_regime_follows_the_trend_axis(name: str, timeframe: str) -> None:
    closed = run(name).closed[:, TIMEFRAMES.index(timeframe)]
    rows = np.flatnonzero(np.diff(closed["times"], prepend=0))
    found = closed[rows]
    assert found["times"].tolist() == list(range(1, len(found) + 1))  # none hides behind another
    assert found["regime"].tolist() == regimes(found["values"], found["closed"]["close"])
    assert set(found["regime"].tolist()) == {0, 1, 2, 3}
