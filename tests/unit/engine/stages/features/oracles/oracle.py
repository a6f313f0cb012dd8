"""What an oracle is, how an error is measured against it, and what the oracles share."""

from __future__ import annotations

from collections.abc import Callable
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
    other: Callable[[Series], Any] = lambda s: False  # where the oracle means another thing


def windows(x: Column, n: int) -> Any:
    return np.lib.stride_tricks.sliding_window_view(x, n)


def warm(values: Any, s: Series) -> Any:
    """Values of the windows that end the series, NaN before."""
    return np.concatenate([np.full(s.close.size - len(values), np.nan), values])


def rolling(x: Column, n: int) -> Any:
    return pd.Series(x).rolling(n)


def flat(x: Column, n: int) -> Any:
    return (rolling(x, n).max() == rolling(x, n).min()).to_numpy()


def previous_volume(s: Series) -> tuple[Any, Any]:
    before = windows(s.volume, 20)[:-1]
    cold = np.full(20, np.nan)
    return np.concatenate([cold, before.mean(axis=1)]), np.concatenate([cold, before.std(axis=1)])


def log_returns(s: Series) -> Any:
    return np.concatenate([[np.nan], np.log(s.close[1:] / s.close[:-1])])


def exact_std(x: Column, n: int) -> Any:
    return np.concatenate([np.full(n - 1, np.nan), windows(x, n).std(axis=1, ddof=1)])


def typical(s: Series) -> Any:
    return talib.TYPPRICE(s.high, s.low, s.close)


def flat_range(s: Series, n: int) -> Any:
    return (rolling(s.high, n).max() == rolling(s.low, n).min()).to_numpy()


def no_volume(s: Series, n: int) -> Any:
    return (rolling(s.volume, n).max() == 0.0).to_numpy()


def location(s: Series) -> Any:
    with np.errstate(invalid="ignore"):
        return np.where(s.high == s.low, 0.0, ((s.close - s.low) - (s.high - s.close)) / (s.high - s.low))


def hundred(s: Series) -> Any:
    return 100.0


def atr(s: Series) -> Any:
    return talib.ATR(s.high, s.low, s.close, 14)


def one(s: Series) -> Any:
    return 1.0


def worst_error(oracle: Oracle, series: Series, values: Column) -> float:
    """Largest error of `values` where the oracle stands for itself; inf when warmth or a neutral value differs."""
    with np.errstate(all="ignore"):
        expected = np.asarray(oracle.value(series), dtype=float)
        scale = np.broadcast_to(oracle.scale(series), values.shape)
        degenerate = np.broadcast_to(oracle.degenerate(series), values.shape) & ~np.isnan(values)
        error = np.abs(values - expected) / np.maximum(np.abs(expected), scale)
    error[values == expected] = 0.0
    error[np.isnan(values) & np.isnan(expected)] = 0.0
    error[np.broadcast_to(oracle.other(series), values.shape)] = 0.0
    error[degenerate] = np.where(values[degenerate] == oracle.neutral, 0.0, np.inf)
    error[np.isnan(values) & np.broadcast_to(oracle.degenerate(series), values.shape)] = 0.0
    return float(np.max(np.where(np.isnan(error), np.inf, error)))
