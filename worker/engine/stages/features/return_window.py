"""The last 60 log returns in one pass: central moments and products with the returns before, for F27 to F29."""

import math
from typing import Any, NamedTuple

from worker.engine.elementary import log
from worker.engine.history import at
from worker.engine.kernel import kernel

PERIOD = 60
# Σ (r-mean)² of returns that differ by the rounding of their price ratios alone: the relative dead zone of prices.
FLAT = PERIOD * 1e-14 * 1e-14


class ReturnWindow(NamedTuple):
    """Sums over a = r - mean, oldest to newest; NaN until 61 bars are accepted and while a return is unknown."""

    squares: float  # Σ a²; 0 where the returns are equal
    cubes: float  # Σ a³
    fourths: float  # Σ a⁴
    neighbours: float  # Σ a_t·a_{t-1}
    lag_1: float  # Σ a_t²·a_{t-1}²
    lag_2: float
    lag_3: float
    fours: float  # Σ (a_t + a_{t-1} + a_{t-2} + a_{t-3})²


@kernel
def return_window(history: Any) -> ReturnWindow:
    """The mean is ln(c/c60)/60, exact and free of the window's order."""
    nan = math.nan
    if history.count <= PERIOD:
        return ReturnWindow(nan, nan, nan, nan, nan, nan, nan, nan)
    past, close = at(history, PERIOD).close, at(history, 0).close
    mean = log(close / past) / PERIOD if min(past, close) > 0.0 else nan
    squares, cubes, fourths, neighbours, fours = 0.0, 0.0, 0.0, 0.0, 0.0
    lag_1, lag_2, lag_3 = 0.0, 0.0, 0.0
    a_1, a_2, a_3 = 0.0, 0.0, 0.0
    s_1, s_2, s_3 = 0.0, 0.0, 0.0
    for age in range(PERIOD - 1, -1, -1):
        a = at(history, age).logret - mean
        square = a * a
        squares += square
        cubes += square * a
        fourths += square * square
        neighbours += a * a_1
        lag_1 += square * s_1
        lag_2 += square * s_2
        lag_3 += square * s_3
        four = a + a_1 + a_2 + a_3
        if age <= PERIOD - 4:
            fours += four * four
        a_1, a_2, a_3 = a, a_1, a_2
        s_1, s_2, s_3 = square, s_1, s_2
    if squares <= FLAT:
        squares = 0.0
    return ReturnWindow(squares, cubes, fourths, neighbours, lag_1, lag_2, lag_3, fours)
