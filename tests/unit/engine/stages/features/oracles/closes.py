"""Oracles of what closes alone tell: averages, bands, momentum and trend."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import talib

from tests.support.features_series import Series
from tests.unit.engine.stages.features.oracles.oracle import Oracle, atr, flat, hundred, one, rolling, warm, windows


def _never_moved(s: Series) -> Any:
    return np.maximum.accumulate(s.close) == np.minimum.accumulate(s.close)


def _distance(period: int) -> Oracle:
    def value(s: Series) -> Any:
        return (s.close - talib.EMA(s.close, period)) / atr(s)

    return Oracle(value, lambda s: s.close / atr(s), lambda s: atr(s) == 0.0, 0.0)


def _bands(s: Series) -> tuple[Any, Any, Any]:
    middle = rolling(s.close, 20).mean()
    sigma = warm(windows(s.close, 20).std(axis=1), s)
    return middle.to_numpy() + 2 * sigma, middle.to_numpy(), middle.to_numpy() - 2 * sigma


def _efficiency(period: int) -> Oracle:
    def value(s: Series) -> Any:
        path = windows(np.abs(np.diff(s.close)), period).sum(axis=1)
        with np.errstate(invalid="ignore"):
            exact = np.abs(s.close[period:] - s.close[:-period]) / path
        return np.concatenate([np.full(period, np.nan), exact])

    return Oracle(value, lambda s: 1.0, lambda s: flat(s.close, period + 1), 0.0)


def _slope(s: Series) -> Any:
    closes, steps = windows(s.close, 20), np.arange(20) - 9.5
    products = (closes - closes.mean(axis=1, keepdims=True)) * steps
    return warm(products.sum(axis=1) / (steps**2).sum(), s) / s.close


def _close(s: Series) -> Any:
    return s.close


def _average(function: Any, period: int, s: Series) -> Any:
    return function(s.close, period)


def _mean(period: int, s: Series) -> Any:
    return warm(windows(s.close, period).mean(axis=1), s)


def _macd(i: int) -> Oracle:
    return Oracle(lambda s: talib.MACD(s.close, 12, 26, 9)[i], lambda s: talib.SMA(s.close, 34))


CLOSES: dict[str, Oracle] = {
    "ret_1": Oracle(lambda s: talib.ROCP(s.close, 1), one),
    **{f"ema_{p}": Oracle(partial(_average, talib.EMA, p)) for p in (12, 26, 50)},
    **{f"ema_{p}_dist": _distance(p) for p in (12, 26, 50)},
    **{f"sma_{p}": Oracle(partial(_mean, p)) for p in (20, 50)},
    "wma_20": Oracle(lambda s: warm(windows(s.close, 20) @ np.arange(1.0, 21.0) / 210, s)),
    **{name: _macd(i) for i, name in enumerate(("macd", "macd_signal", "macd_hist"))},
    "rsi_14": Oracle(lambda s: talib.RSI(s.close, 14), hundred, _never_moved, 50.0),
    "bb_pctb_20": Oracle(
        lambda s: (s.close - _bands(s)[2]) / (_bands(s)[0] - _bands(s)[2]),
        lambda s: np.maximum(1.0, 1e-6 * s.close / np.maximum(_bands(s)[0] - _bands(s)[2], 1e-300)),
        lambda s: flat(s.close, 20),
        0.5,
    ),
    "bb_width_20": Oracle(
        lambda s: (_bands(s)[0] - _bands(s)[2]) / _bands(s)[1], lambda s: 1e-4, lambda s: flat(s.close, 20), 0.0
    ),
    "mom_10": Oracle(lambda s: talib.MOM(s.close, 10), _close),
    "roc_10": Oracle(lambda s: talib.ROC(s.close, 10), hundred),
    "er_10": _efficiency(10),
    "er_20": _efficiency(20),
    "slope_20": Oracle(_slope, lambda s: 1e-4),
}
