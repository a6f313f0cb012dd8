"""The last 60 log returns in one pass: central moments and lagged products, for F27 to F29."""

import math
from typing import Any, NamedTuple

from worker.engine.elementary import log
from worker.engine.history import at
from worker.engine.intrinsics.scratch import scratch
from worker.engine.kernel import embedded

PERIOD = 60
LAGS = 3  # of the lagged products
PADDED = PERIOD + LAGS
# Σ (r-mean)² of returns that differ only by the rounding of their price ratios: the relative dead zone of prices.
FLAT = PERIOD * 1e-14 * 1e-14


class ReturnWindow(NamedTuple):
    """Sums over a = r - mean, oldest to newest; NaN until 61 bars are accepted and while a return is unknown."""

    squares: float  # Σ a²; 0 where the returns are equal
    cubes: float  # Σ a³
    fourths: float  # Σ a⁴
    neighbours: float  # Σ a_t·a_{t-1}
    clusters: float  # Σ a_t²·(2.25·a_{t-1}² + a_{t-2}² + 0.25·a_{t-3}²), weights ((4-k)/2)²
    fours: float  # Σ (a_t + a_{t-1} + a_{t-2} + a_{t-3})²


@embedded
def _mean(history: Any) -> float:
    past, close = at(history, PERIOD).close, at(history, 0).close
    return log(close / past) / PERIOD if min(past, close) > 0.0 else math.nan


@embedded
def _fill(history: Any, mean: float, a: Any, square: Any) -> None:
    """Write a and a², after `LAGS` zeros for the returns before the window."""
    for i in range(LAGS):
        a[i] = square[i] = 0.0
    for i in range(PERIOD):
        a[i + LAGS] = at(history, PERIOD - 1 - i).logret - mean
    for i in range(LAGS, PADDED):
        square[i] = a[i] * a[i]


@embedded
def return_window(history: Any) -> ReturnWindow:
    """Compute the sums; the mean is ln(c/c60)/60, exact and independent of the window's order.

    All terms are computed before the sums, so that the compiler vectorises them; a sum waits for each addition.
    """
    nan = math.nan
    if history.count <= PERIOD:
        return ReturnWindow(nan, nan, nan, nan, nan, nan)
    a, square = scratch(PADDED), scratch(PADDED)
    _fill(history, _mean(history), a, square)
    cube, fourth, neighbour = scratch(PERIOD), scratch(PERIOD), scratch(PERIOD)
    cluster, four = scratch(PERIOD), scratch(PERIOD)
    for i in range(PERIOD):
        a_0, s_0 = a[i + 3], square[i + 3]
        cube[i] = s_0 * a_0
        fourth[i] = s_0 * s_0
        neighbour[i] = a_0 * a[i + 2]
        cluster[i] = s_0 * (2.25 * square[i + 2] + square[i + 1] + 0.25 * square[i])
        sum_of_four = (a_0 + a[i + 2]) + (a[i + 1] + a[i])
        four[i] = sum_of_four * sum_of_four
    for i in range(LAGS):
        four[i] = 0.0
    squares = cubes = fourths = neighbours = clusters = fours = 0.0
    for i in range(PERIOD):
        squares += square[i + LAGS]
        cubes += cube[i]
        fourths += fourth[i]
        neighbours += neighbour[i]
        clusters += cluster[i]
        fours += four[i]
    if squares <= FLAT:
        squares = 0.0
    return ReturnWindow(squares, cubes, fourths, neighbours, clusters, fours)
