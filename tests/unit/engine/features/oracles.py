"""Independent values of every feature: TA-Lib, pandas and plain numpy, over whole series."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import talib
from numpy.typing import NDArray

from tests.support.features_series import Series

Column = NDArray[np.float64]


class Oracle(NamedTuple):
    """Expected values, the size that an error is measured against at least, and where the neutral value stands."""

    value: Callable[[Series], Any]
    scale: Callable[[Series], Any] = lambda s: 0.0
    degenerate: Callable[[Series], Any] = lambda s: False
    neutral: float = np.nan


def _rolling(x: Column, n: int) -> Any:
    return pd.Series(x).rolling(n)


def _flat(x: Column, n: int) -> Any:
    return (_rolling(x, n).max() == _rolling(x, n).min()).to_numpy()


def _never_moved(s: Series) -> Any:
    return np.maximum.accumulate(s.close) == np.minimum.accumulate(s.close)


def _atr(s: Series) -> Any:
    return talib.ATR(s.high, s.low, s.close, 14)


def _distance(period: int) -> Oracle:
    def value(s: Series) -> Any:
        return (s.close - talib.EMA(s.close, period)) / _atr(s)

    return Oracle(value, lambda s: s.close / _atr(s), lambda s: _atr(s) == 0.0, 0.0)


def _bands(s: Series) -> tuple[Any, Any, Any]:
    middle = _rolling(s.close, 20).mean()
    windows = np.lib.stride_tricks.sliding_window_view(s.close, 20)
    sigma = np.concatenate([np.full(19, np.nan), windows.std(axis=1)])
    return middle.to_numpy() + 2 * sigma, middle.to_numpy(), middle.to_numpy() - 2 * sigma


def _keltner(s: Series) -> tuple[Any, Any]:
    """Mid line and half width; TA-Lib's own KC seeds its ATR late."""
    middle = talib.EMA(talib.TYPPRICE(s.high, s.low, s.close), 20)
    return middle, np.where(np.isnan(middle), np.nan, 2 * talib.ATR(s.high, s.low, s.close, 10))


def _previous_volume(s: Series) -> tuple[Any, Any]:
    windows = np.lib.stride_tricks.sliding_window_view(s.volume, 20)[:-1]
    cold = np.full(20, np.nan)
    return np.concatenate([cold, windows.mean(axis=1)]), np.concatenate([cold, windows.std(axis=1)])


def _volume_z(s: Series) -> Any:
    mean, deviation = _previous_volume(s)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (s.volume - mean) / deviation


def _relative_volume(s: Series) -> Any:
    mean, _ = _previous_volume(s)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(mean == 0.0, np.nan, s.volume / mean)


def _channel_place(s: Series) -> Any:
    upper, _, lower = talib.DONCHIAN(s.high, s.low, 20)
    with np.errstate(invalid="ignore"):
        return (s.close - lower) / (upper - lower)


def _log_returns(s: Series) -> Any:
    return np.concatenate([[np.nan], np.log(s.close[1:] / s.close[:-1])])


def _exact_std(x: Column, n: int) -> Any:
    windows = np.lib.stride_tricks.sliding_window_view(x, n)
    return np.concatenate([np.full(n - 1, np.nan), windows.std(axis=1, ddof=1)])


def _yang_zhang(s: Series) -> Any:
    previous = np.concatenate([[np.nan], s.close[:-1]])
    k = 0.34 / (1.34 + 21 / 19)
    satchell = np.log(s.high / s.open) * np.log(s.high / s.close) + np.log(s.low / s.open) * np.log(s.low / s.close)
    parts = np.log(s.open / previous), np.log(s.close / s.open), np.where(np.isnan(previous), np.nan, satchell)
    views = [np.lib.stride_tricks.sliding_window_view(p, 20) for p in parts]
    total = views[0].var(axis=1, ddof=1) + k * views[1].var(axis=1, ddof=1) + (1 - k) * views[2].mean(axis=1)
    return np.concatenate([np.full(19, np.nan), np.sqrt(np.maximum(total, 0.0))])


def _efficiency(period: int) -> Oracle:
    def value(s: Series) -> Any:
        path = np.lib.stride_tricks.sliding_window_view(np.abs(np.diff(s.close)), period).sum(axis=1)
        with np.errstate(invalid="ignore"):
            exact = np.abs(s.close[period:] - s.close[:-period]) / path
        return np.concatenate([np.full(period, np.nan), exact])

    return Oracle(value, lambda s: 1.0, lambda s: _flat(s.close, period + 1), 0.0)


def _close(s: Series) -> Any:
    return s.close


def _hundred(s: Series) -> Any:
    return 100.0


def _one(s: Series) -> Any:
    return 1.0


def _average(function: Any, period: int, s: Series) -> Any:
    return function(s.close, period)


def _macd(i: int) -> Oracle:
    return Oracle(lambda s: talib.MACD(s.close, 12, 26, 9)[i], lambda s: talib.SMA(s.close, 34))


def _directional(function: Any) -> Oracle:
    return Oracle(lambda s: function(s.high, s.low, s.close, 14), _hundred)


ORACLES: dict[str, Oracle] = {
    "ret_1": Oracle(lambda s: talib.ROCP(s.close, 1), _one),
    "logret_1": Oracle(_log_returns),
    **{f"ema_{p}": Oracle(partial(_average, talib.EMA, p)) for p in (12, 26, 50)},
    **{f"ema_{p}_dist": _distance(p) for p in (12, 26, 50)},
    **{f"sma_{p}": Oracle(partial(_average, talib.SMA, p)) for p in (20, 50)},
    "wma_20": Oracle(lambda s: talib.WMA(s.close, 20)),
    **{name: _macd(i) for i, name in enumerate(("macd", "macd_signal", "macd_hist"))},
    "rsi_14": Oracle(lambda s: talib.RSI(s.close, 14), _hundred, _never_moved, 50.0),
    "atr_14": Oracle(_atr),
    "natr_14": Oracle(lambda s: talib.NATR(s.high, s.low, s.close, 14)),
    "plus_di": _directional(talib.PLUS_DI),
    "minus_di": _directional(talib.MINUS_DI),
    "adx_14": _directional(talib.ADX),
    "bb_pctb_20": Oracle(
        lambda s: (s.close - _bands(s)[2]) / (_bands(s)[0] - _bands(s)[2]),
        lambda s: np.maximum(1.0, 1e-6 * s.close / np.maximum(_bands(s)[0] - _bands(s)[2], 1e-300)),
        lambda s: _flat(s.close, 20),
        0.5,
    ),
    "bb_width_20": Oracle(
        lambda s: (_bands(s)[0] - _bands(s)[2]) / _bands(s)[1], lambda s: 1e-4, lambda s: _flat(s.close, 20), 0.0
    ),
    "kc_pos": Oracle(
        lambda s: (s.close - _keltner(s)[0]) / _keltner(s)[1],
        lambda s: np.maximum(1.0, s.close / _keltner(s)[1]),
        lambda s: _keltner(s)[1] == 0.0,
        0.0,
    ),
    "kc_width": Oracle(lambda s: 2 * _keltner(s)[1] / _keltner(s)[0]),
    "don_hi": Oracle(lambda s: talib.DONCHIAN(s.high, s.low, 20)[0]),
    "don_lo": Oracle(lambda s: talib.DONCHIAN(s.high, s.low, 20)[2]),
    "don_pos_20": Oracle(
        _channel_place,
        _one,
        lambda s: _rolling(s.high, 20).max().to_numpy() == _rolling(s.low, 20).min().to_numpy(),
        0.5,
    ),
    "vol_z_20": Oracle(_volume_z, _one, lambda s: np.roll(_flat(s.volume, 20), 1), 0.0),
    "rvol_20": Oracle(_relative_volume),
    "mom_10": Oracle(lambda s: talib.MOM(s.close, 10), _close),
    "roc_10": Oracle(lambda s: talib.ROC(s.close, 10), _hundred),
    "rv_cc_20": Oracle(lambda s: _exact_std(_log_returns(s), 20)),
    "vol_yz_20": Oracle(_yang_zhang),
    "er_10": _efficiency(10),
    "er_20": _efficiency(20),
}


def _talib_bands(s: Series) -> tuple[Any, Any, Any]:
    upper, middle, lower = talib.BBANDS(s.close, 20, 2.0, 2.0)
    return upper, middle, lower


# TA-Lib's own bands, ER and RVOL keep running sums, which a 1e6× spike spoils: good oracles for the other series.
RUNNING_SUMS: dict[str, Oracle] = {
    "bb_pctb_20": ORACLES["bb_pctb_20"]._replace(
        value=lambda s: (s.close - _talib_bands(s)[2]) / (_talib_bands(s)[0] - _talib_bands(s)[2])
    ),
    "bb_width_20": ORACLES["bb_width_20"]._replace(
        value=lambda s: (_talib_bands(s)[0] - _talib_bands(s)[2]) / _talib_bands(s)[1]
    ),
    "er_10": ORACLES["er_10"]._replace(value=lambda s: talib.ER(s.close, 10)),
    "er_20": ORACLES["er_20"]._replace(value=lambda s: talib.ER(s.close, 20)),
    "rvol_20": ORACLES["rvol_20"]._replace(
        value=lambda s: talib.RVOL(s.volume, 20), degenerate=lambda s: _previous_volume(s)[0] == 0.0, neutral=np.nan
    ),
}


def worst_error(oracle: Oracle, series: Series, values: Column) -> float:
    """Largest error of `values` where the oracle stands for itself; inf when warmth or a neutral value differs."""
    with np.errstate(all="ignore"):
        expected = np.asarray(oracle.value(series), dtype=float)
        scale = np.broadcast_to(oracle.scale(series), values.shape)
        degenerate = np.broadcast_to(oracle.degenerate(series), values.shape) & ~np.isnan(values)
        error = np.abs(values - expected) / np.maximum(np.abs(expected), scale)
    error[values == expected] = 0.0
    error[np.isnan(values) & np.isnan(expected)] = 0.0
    error[degenerate] = np.where(values[degenerate] == oracle.neutral, 0.0, np.inf)
    error[np.isnan(values) & np.broadcast_to(oracle.degenerate(series), values.shape)] = 0.0
    return float(np.max(np.where(np.isnan(error), np.inf, error)))
