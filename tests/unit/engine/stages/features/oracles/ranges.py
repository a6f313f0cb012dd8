"""Oracles of what highs and lows tell: true ranges, channels, oscillators, range volatility and bar shapes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import talib

from tests.support.features_series import Series
from tests.unit.engine.stages.features.oracles.oracle import (
    Oracle,
    atr,
    flat_range,
    hundred,
    location,
    one,
    rolling,
    warm,
    windows,
)


def _keltner(s: Series) -> tuple[Any, Any]:
    """Mid line and half width; TA-Lib's own KC seeds its ATR late."""
    middle = talib.EMA(talib.TYPPRICE(s.high, s.low, s.close), 20)
    return middle, np.where(np.isnan(middle), np.nan, 2 * talib.ATR(s.high, s.low, s.close, 10))


def _directional(function: Any) -> Oracle:
    return Oracle(lambda s: function(s.high, s.low, s.close, 14), hundred)


def _channel_place(s: Series) -> Any:
    upper, _, lower = talib.DONCHIAN(s.high, s.low, 20)
    with np.errstate(invalid="ignore"):
        return (s.close - lower) / (upper - lower)


def _fast_k(s: Series) -> Any:
    high, low = rolling(s.high, 14).max().to_numpy(), rolling(s.low, 14).min().to_numpy()
    with np.errstate(invalid="ignore"):
        return np.where(high == low, 50.0, 100 * (s.close - low) / (high - low))


def _stochastic(i: int) -> Callable[[Series], Any]:
    def value(s: Series) -> Any:
        k = talib.SMA(_fast_k(s), 3)
        return np.where(np.isnan(talib.SMA(k, 3)), np.nan, (k, talib.SMA(k, 3))[i])

    return value


def _yang_zhang(s: Series) -> Any:
    previous = np.concatenate([[np.nan], s.close[:-1]])
    k = 0.34 / (1.34 + 21 / 19)
    satchell = np.log(s.high / s.open) * np.log(s.high / s.close) + np.log(s.low / s.open) * np.log(s.low / s.close)
    parts = np.log(s.open / previous), np.log(s.close / s.open), np.where(np.isnan(previous), np.nan, satchell)
    views = [windows(p, 20) for p in parts]
    total = views[0].var(axis=1, ddof=1) + k * views[1].var(axis=1, ddof=1) + (1 - k) * views[2].mean(axis=1)
    return np.concatenate([np.full(19, np.nan), np.sqrt(np.maximum(total, 0.0))])


def _parkinson(s: Series) -> Any:
    return np.sqrt(warm(windows(np.log(s.high / s.low) ** 2, 20).sum(axis=1), s) / (80 * np.log(2)))


def _garman_klass(s: Series) -> Any:
    terms = np.log(s.high / s.low) ** 2 / 2 - (2 * np.log(2) - 1) * np.log(s.close / s.open) ** 2
    return np.sqrt(np.maximum(warm(windows(terms, 20).mean(axis=1), s), 0.0))


def _share(part: Callable[[Series], Any]) -> Oracle:
    return Oracle(lambda s: part(s) / (s.high - s.low), one, lambda s: s.high == s.low, 0.0)


RANGES: dict[str, Oracle] = {
    "atr_14": Oracle(atr),
    "natr_14": Oracle(lambda s: talib.NATR(s.high, s.low, s.close, 14)),
    "plus_di": _directional(talib.PLUS_DI),
    "minus_di": _directional(talib.MINUS_DI),
    "adx_14": _directional(talib.ADX),
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
        one,
        lambda s: flat_range(s, 20),
        0.5,
    ),
    "stoch_k": Oracle(_stochastic(0), hundred),
    "stoch_d": Oracle(_stochastic(1), hundred),
    "willr_14": Oracle(lambda s: talib.WILLR(s.high, s.low, s.close, 14), hundred, lambda s: flat_range(s, 14), -50.0),
    "cci_20": Oracle(lambda s: talib.CCI(s.high, s.low, s.close, 20), hundred),
    "vol_yz_20": Oracle(_yang_zhang),
    "vol_pk_20": Oracle(_parkinson),
    "vol_gk_20": Oracle(_garman_klass),
    "clv": Oracle(location, one),
    "body_r": _share(lambda s: np.abs(s.close - s.open)),
    "up_r": _share(lambda s: s.high - np.maximum(s.open, s.close)),
    "lo_r": _share(lambda s: np.minimum(s.open, s.close) - s.low),
}
