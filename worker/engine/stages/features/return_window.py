"""The last 60 log returns in one pass: central moments and products with the returns before, for F27 to F29."""

import math
from typing import Any, NamedTuple

from worker.engine.elementary import log
from worker.engine.history import at
from worker.engine.kernel import embedded

PERIOD = 60
# Σ (r-mean)² of returns that differ by the rounding of their price ratios alone: the relative dead zone of prices.
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
def return_window(history: Any) -> ReturnWindow:
    """The mean is ln(c/c60)/60, exact and free of the window's order."""
    nan = math.nan
    if history.count <= PERIOD:
        return ReturnWindow(nan, nan, nan, nan, nan, nan)
    past, close = at(history, PERIOD).close, at(history, 0).close
    mean = log(close / past) / PERIOD if min(past, close) > 0.0 else nan
    squares, cubes, fourths, neighbours, clusters, fours = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
    a_1, pair_1, pair_2 = 0.0, 0.0, 0.0
    square_1, square_2, square_3 = 0.0, 0.0, 0.0
    for age in range(PERIOD - 1, -1, -1):
        a = at(history, age).logret - mean
        square, pair = a * a, a + a_1
        squares += square
        cubes += square * a
        fourths += square * square
        neighbours += a * a_1
        clusters += square * (2.25 * square_1 + square_2 + 0.25 * square_3)
        if age <= PERIOD - 4:
            four = pair + pair_2
            fours += four * four
        a_1, pair_1, pair_2 = a, pair, pair_1
        square_1, square_2, square_3 = square, square_1, square_2
    if squares <= FLAT:
        squares = 0.0
    return ReturnWindow(squares, cubes, fourths, neighbours, clusters, fours)
