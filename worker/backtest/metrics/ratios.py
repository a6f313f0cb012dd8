"""Performance of a series of returns (domain §11). Undefined figures are NaN."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
NORMAL = NormalDist()
EULER_GAMMA = 0.5772156649015329
SIGMAS_95 = NORMAL.inv_cdf(0.975)  # either side of the mean, 95% of a normal distribution
MOST_GROWTH = 700.0  # logarithm; above it a float overflows


class Ratios(NamedTuple):
    """Figures of one equity curve; yearly where noted."""

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
    sharpe_low: float  # yearly; with `sharpe_high` the 95% confidence interval of the Sharpe ratio
    sharpe_high: float


class Edge(NamedTuple):
    """A Sharpe ratio per period, and its standard error."""

    ratio: float
    error: float


def edge(excess: Floats) -> Edge:
    """Return the Sharpe ratio of returns above the risk-free one, and its standard error."""
    ratio = sharpe(excess)
    return Edge(ratio, _error(excess, ratio))


def ratios(
    returns: Floats, per_year: float, years: float | None = None, risk_free: float = 0.0, found: Edge | None = None
) -> Ratios:
    """Return all figures of simple returns per period, `per_year` of them a year; `risk_free` is per period.

    The returns span `years`; without it, as many periods as there are. `found` is their edge, where it is known.
    """
    growth = np.cumprod(1.0 + returns, dtype=np.float64)
    total = float(growth[-1]) - 1.0 if growth.size else math.nan
    deepest, longest = drawdown(growth)
    yearly = cagr(total, returns.size / per_year if years is None else years)
    excess = returns - risk_free
    own, scale = found or edge(excess), math.sqrt(per_year)
    error = SIGMAS_95 * own.error
    return Ratios(
        periods=returns.size,
        total_return=total,
        cagr=yearly,
        volatility=deviation(returns) * scale,
        sharpe=own.ratio * scale,
        sortino=sortino(excess, per_year),
        max_drawdown=deepest,
        max_drawdown_periods=longest,
        calmar=yearly / -deepest if deepest < 0.0 else math.nan,
        psr=probable(own),
        sharpe_low=(own.ratio - error) * scale,
        sharpe_high=(own.ratio + error) * scale,
    )


def cagr(total: float, years: float) -> float:
    """Return (E_T/E_0)^(1/years) - 1; -1 when all is lost, infinite beyond the range of a float."""
    if math.isnan(total) or not years > 0.0:
        return math.nan
    if total <= -1.0:
        return -1.0
    growth = math.log1p(total) / years
    return math.expm1(growth) if growth < MOST_GROWTH else math.inf


def deviation(returns: Floats) -> float:
    """Return the sample standard deviation."""
    return float(np.std(returns, ddof=1)) if returns.size > 1 else math.nan


def sharpe(excess: Floats) -> float:
    """Return mean over sample standard deviation, per period [Sharpe 1994]."""
    spread = deviation(excess)
    return float(np.mean(excess)) / spread if spread > 0.0 else math.nan


def sortino(excess: Floats, per_year: float) -> float:
    """Return yearly mean over yearly root mean square of the losses, over ALL periods [Sortino, van der Meer 1991]."""
    if excess.size < 2:
        return math.nan
    down = math.sqrt(float(np.mean(np.minimum(excess, 0.0) ** 2)) * per_year)
    return float(np.mean(excess)) * per_year / down if down > 0.0 else math.nan


def drawdown(growth: Floats) -> tuple[float, int]:
    """Return (deepest fall from the peak as a negative fraction, periods of the longest time below a peak).

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


def sharpe_error(returns: Floats) -> float:
    """Return the standard error of the Sharpe ratio per period, with skewness and kurtosis.

    Source: [Mertens 2002; Bailey, López de Prado 2012].
    """
    return _error(returns, sharpe(returns))


def _error(returns: Floats, ratio: float) -> float:
    if math.isnan(ratio) or returns.size < 3:
        return math.nan
    centred = returns - np.mean(returns)
    second = float(np.mean(centred**2))
    skewness = float(np.mean(centred**3)) / second**1.5
    kurtosis = float(np.mean(centred**4)) / second**2
    variance = 1.0 - skewness * ratio + (kurtosis - 1.0) / 4.0 * ratio * ratio
    return math.sqrt(variance / (returns.size - 1)) if variance > 0.0 else math.nan


def probabilistic_sharpe(returns: Floats, benchmark: float = 0.0) -> float:
    """Return P(true Sharpe ratio per period > benchmark) [Bailey, López de Prado 2012]."""
    return probable(edge(returns), benchmark)


def probable(found: Edge, benchmark: float = 0.0) -> float:
    """Return the same of an edge."""
    return NORMAL.cdf((found.ratio - benchmark) / found.error) if found.error > 0.0 else math.nan


def best_by_chance(variance: float, tries: int) -> float:
    """Return the expected best Sharpe ratio per period of `tries` tries without edge [same 2014].

    `variance` is that of the tries' ratios.
    """
    if tries < 2:
        return 0.0
    near, far = NORMAL.inv_cdf(1.0 - 1.0 / tries), NORMAL.inv_cdf(1.0 - 1.0 / (tries * math.e))
    return math.sqrt(variance) * ((1.0 - EULER_GAMMA) * near + EULER_GAMMA * far)
