"""Formulas behind the oracles of indicators, in TA-Lib's, pandas' and numpy's terms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import talib

from tests.support.features_series import Series
from tests.unit.engine.stages.features.oracles.oracle import Oracle, no_volume, rolling, typical, warm, windows

K = 14  # bars


def close(s: Series) -> Any:
    return s.close


def of(value: Callable[[Series], Any], scale: Callable[[Series], Any] = lambda s: 0.0, **more: Any) -> Oracle:
    return Oracle(value, scale, **more)


def never_moved(s: Series) -> Any:
    return np.maximum.accumulate(s.close) == np.minimum.accumulate(s.close)


def mean(x: Any, n: int) -> Any:
    """The mean of each window, exact, also where the series begins with NaN."""
    return np.concatenate([np.full(n - 1, np.nan), windows(x, n).mean(axis=1)])


def total(x: Any, n: int) -> Any:
    return np.concatenate([np.full(n - 1, np.nan), windows(x, n).sum(axis=1)])


def shifted(x: Any, n: int) -> Any:
    return np.concatenate([np.full(n, np.nan), x[:-n]])


def true_range(s: Series) -> Any:
    return talib.TRANGE(s.high, s.low, s.close)


def smoothed(x: Any, n: int) -> Any:
    """EMA of a series that begins with NaN, seeded with the mean of its first n values."""
    first = int(np.argmax(~np.isnan(x)))
    found = np.full(x.size, np.nan)
    if first + n > x.size:
        return found
    found[first + n - 1] = np.mean(x[first : first + n])
    for i in range(first + n, x.size):
        found[i] = found[i - 1] + 2.0 / (n + 1) * (x[i] - found[i - 1])
    return found


def early(s: Series) -> Any:
    """Where TA-Lib's MACD is not known: its line waits for the signal."""
    return np.isnan(talib.MACD(s.close, 12, 26, 9)[0])


def stochastic(s: Series) -> tuple[Any, Any]:
    top, bottom = rolling(s.high, 14).max().to_numpy(), rolling(s.low, 14).min().to_numpy()
    with np.errstate(invalid="ignore"):
        fast = np.where(top == bottom, 50.0, 100 * (s.close - bottom) / (top - bottom))
    fast[np.isnan(top)] = np.nan
    k = mean(fast, 3)
    return k, mean(k, 3)


def stochastic_strength(s: Series) -> tuple[Any, Any]:
    strength = talib.RSI(s.close, 14)
    strength[14:][never_moved(s)[14:]] = 50.0
    top, bottom = rolling(strength, 14).max().to_numpy(), rolling(strength, 14).min().to_numpy()
    with np.errstate(invalid="ignore"):
        same = np.abs(top - bottom) <= 1e-14 * (np.abs(top) + np.abs(bottom))
        fast = np.where(same, 50.0, 100 * (strength - bottom) / (top - bottom))
    fast[np.isnan(top)] = np.nan
    k = mean(fast, 3)
    return k, mean(k, 3)


def flows(s: Series) -> tuple[Any, Any]:
    """Typical price times volume where it rose, and where it fell, over 14 bars."""
    price = typical(s)
    change = np.diff(price)
    change[np.abs(change) <= 1e-14 * (np.abs(price[1:]) + np.abs(price[:-1]))] = 0.0
    flow = price[1:] * s.volume[1:]
    rise, fall = (windows(np.where(side, flow, 0.0), 14).sum(axis=1) for side in (change > 0, change < 0))
    return warm(rise, s), warm(fall, s)


def true_strength(s: Series) -> Any:
    change = np.concatenate([[np.nan], np.diff(s.close)])
    moved, went = (smoothed(smoothed(each, 25), 13) for each in (change, np.abs(change)))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(went == 0.0, 0.0, 100 * moved / went)


def spread(s: Series, n: int = 20) -> Any:
    return warm(windows(s.close, n).std(axis=1), s)


def bands(s: Series) -> tuple[Any, Any, Any]:
    middle = mean(s.close, 20)
    return middle + 2 * spread(s), middle, middle - 2 * spread(s)


def keltner(s: Series, side: float) -> Any:
    """TA-Lib's KC seeds its range late."""
    return talib.EMA(typical(s), 20) + side * 2 * talib.ATR(s.high, s.low, s.close, 10)


def vortex(s: Series, one_side: Any, other: Any) -> Any:
    moves = np.abs(one_side[1:] - other[:-1])
    with np.errstate(invalid="ignore", divide="ignore"):
        return warm(windows(moves, 14).sum(axis=1) / windows(true_range(s)[1:], 14).sum(axis=1), s)


def middle(s: Series, n: int) -> Any:
    return ((rolling(s.high, n).max() + rolling(s.low, n).min()) / 2).to_numpy()


def ages(x: Any, n: int, best: Callable[[Any], Any]) -> Any:
    """Bars since the best value of each window, the newest of equal ones."""
    return warm_to(x, [int(best(window[::-1])) for window in windows(x, n)])


def warm_to(x: Any, values: Any) -> Any:
    return np.concatenate([np.full(x.size - len(values), np.nan), np.asarray(values, float)])


def weighted_by_volume(s: Series, price: Any, n: int = 20) -> Any:
    with np.errstate(invalid="ignore", divide="ignore"):
        value = total(price * s.volume, n) / total(s.volume, n)
    return np.where(no_volume(s, n), price, value)


def line(s: Series, n: int, ahead: float) -> tuple[Any, Any]:
    """Slope, and the least squares line `ahead` bars after the newest."""
    steps = np.arange(n) - (n - 1) / 2
    slope = (windows(s.close, n) - windows(s.close, n).mean(axis=1, keepdims=True)) @ steps / (steps @ steps)
    return warm(slope, s), warm(windows(s.close, n).mean(axis=1) + slope * ((n - 1) / 2 + ahead), s)


def correlation(s: Series) -> Any:
    found = []
    for a, b in zip(windows(s.close, 30), windows(s.volume, 30), strict=True):
        x, y = a - a.mean(), b - b.mean()
        below = np.sqrt((x @ x) * (y @ y))
        found.append(x @ y / below if below else 0.0)
    return warm_to(s.close, found)


def directional(function: Any, s: Series) -> Any:
    return function(s.high, s.low, s.close, K)


def trend_side(s: Series) -> Any:
    line, side = talib.SUPERTREND(s.high, s.low, s.close)
    return np.where(np.isnan(line), np.nan, side)


def rounding(s: Series) -> Any:
    return 1e-6 * s.close * s.close


def channel_middle(s: Series) -> Any:
    return talib.KC(s.high, s.low, s.close, 20, 10, 2.0)[1]


def cold(s: Series) -> Any:
    return np.isnan(channel_middle(s))


def relative_width(s: Series) -> Any:
    return (bands(s)[0] - bands(s)[2]) / bands(s)[1]


def regression_slope(s: Series) -> Any:
    return talib.LINEARREG_SLOPE(s.close, K)


def cumulated(s: Series) -> Any:
    """The size of what the oscillator is the difference of."""
    return np.maximum.accumulate(np.abs(talib.AD(s.high, s.low, s.close, s.volume))) + s.volume


def first_nine(s: Series) -> Any:
    return np.arange(s.close.size) < 9
