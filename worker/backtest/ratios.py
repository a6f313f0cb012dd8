"""Performance of a series of returns (domain §11). NaN where a figure is not defined."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NORMAL = NormalDist()
EULER_GAMMA = 0.5772156649015329


class Ratios(NamedTuple):
    """Figures of one equity curve; yearly where it says so."""

    periods: int
    total_return: float
    cagr: float
    volatility: float  # yearly
    sharpe: float  # yearly
    sortino: float  # yearly
    max_drawdown: float  # negative, fraction of the peak
    max_drawdown_periods: int  # from the peak to its recovery, or to the end
    calmar: float
    psr: float  # probability that the true Sharpe ratio is above 0


def ratios(returns: Floats, per_year: float, risk_free: float = 0.0) -> Ratios:
    """All figures of simple returns per period, `per_year` of them a year; `risk_free` is per period."""
    growth = np.cumprod(1.0 + returns, dtype=np.float64)
    total = float(growth[-1]) - 1.0 if growth.size else math.nan
    deepest, longest = drawdown(growth)
    yearly = cagr(total, returns.size, per_year)
    return Ratios(
        periods=returns.size,
        total_return=total,
        cagr=yearly,
        volatility=deviation(returns) * math.sqrt(per_year),
        sharpe=sharpe(returns - risk_free) * math.sqrt(per_year),
        sortino=sortino(returns - risk_free, per_year),
        max_drawdown=deepest,
        max_drawdown_periods=longest,
        calmar=yearly / -deepest if deepest < 0.0 else math.nan,
        psr=probabilistic_sharpe(returns - risk_free),
    )


def cagr(total: float, periods: int, per_year: float) -> float:
    """(E_T/E_0)^(A/T) - 1; -1 when all is lost."""
    if not periods or math.isnan(total):
        return math.nan
    return float(max(1.0 + total, 0.0) ** (per_year / periods)) - 1.0


def deviation(returns: Floats) -> float:
    """Sample standard deviation."""
    return float(np.std(returns, ddof=1)) if returns.size > 1 else math.nan


def sharpe(excess: Floats) -> float:
    """Mean over sample standard deviation, per period [Sharpe 1994]."""
    spread = deviation(excess)
    return float(np.mean(excess)) / spread if spread > 0.0 else math.nan


def sortino(excess: Floats, per_year: float) -> float:
    """Yearly mean over the yearly root mean square of the losses, over ALL periods [Sortino, van der Meer 1991]."""
    if excess.size < 2:
        return math.nan
    down = math.sqrt(float(np.mean(np.minimum(excess, 0.0) ** 2)) * per_year)
    return float(np.mean(excess)) * per_year / down if down > 0.0 else math.nan


def drawdown(growth: Floats) -> tuple[float, int]:
    """(deepest fall from the peak as a negative fraction, periods of the longest time below a peak).

    `growth` is relative to 1 before its first value.
    """
    path = np.concatenate([[1.0], growth])
    if np.isnan(path).any() or path.size < 2:
        return math.nan, 0
    peak = np.maximum.accumulate(path)
    deepest = float(np.min(np.where(peak > 0.0, path / peak, 0.0))) - 1.0
    at_peak = np.flatnonzero(path >= peak)
    ends = np.append(at_peak, path.size)  # a curve that ends below its peak is below it to the end
    longest = int(np.max(np.diff(ends))) - 1
    return deepest, longest


def probabilistic_sharpe(returns: Floats, benchmark: float = 0.0) -> float:
    """P(true Sharpe ratio per period > benchmark), skewness and kurtosis counted [Bailey, López de Prado 2012]."""
    ratio = sharpe(returns)
    if math.isnan(ratio) or returns.size < 3:
        return math.nan
    centred = returns - np.mean(returns)
    second = float(np.mean(centred**2))
    skewness = float(np.mean(centred**3)) / second**1.5
    kurtosis = float(np.mean(centred**4)) / second**2
    variance = 1.0 - skewness * ratio + (kurtosis - 1.0) / 4.0 * ratio * ratio
    return NORMAL.cdf((ratio - benchmark) * math.sqrt((returns.size - 1) / variance)) if variance > 0.0 else math.nan


def best_by_chance(variance: float, tries: int) -> float:
    """Sharpe ratio per period that the best of so many worthless tries is expected to show [same 2014].

    `variance` is that of the tries' ratios.
    """
    if tries < 2:
        return 0.0
    near, far = NORMAL.inv_cdf(1.0 - 1.0 / tries), NORMAL.inv_cdf(1.0 - 1.0 / (tries * math.e))
    return math.sqrt(variance) * ((1.0 - EULER_GAMMA) * near + EULER_GAMMA * far)
