"""The last 20 closes in one pass: mean, weighted mean, squares and slope, shared by four indicators."""

import math
from typing import Any, NamedTuple

from worker.engine.history import at
from worker.engine.kernel import embedded

PERIOD = 20
WEIGHTS = PERIOD * (PERIOD + 1) / 2
CENTRE = (PERIOD + 1) / 2
SQUARED_STEPS = PERIOD * (PERIOD * PERIOD - 1) / 12  # Σ (j - CENTRE)² over j = 1 … PERIOD


class CloseWindow(NamedTuple):
    """Sums over the window; NaN until 20 bars are accepted."""

    mean: float
    weighted: float  # Σ j·x_j / Σ j, j = 1 for the oldest close
    squares: float  # Σ (x - mean)²
    slope: float  # of the least squares line, per bar


@embedded
def close_window(history: Any) -> CloseWindow:
    """Compute the sums from the distances to the newest close.

    Every close of the window is within √(n-1)·σ of the mean, so one pass keeps the digits of two passes.
    """
    if history.count < PERIOD:
        return CloseWindow(math.nan, math.nan, math.nan, math.nan)
    newest = at(history, 0).close
    total, weighted, squares = 0.0, 0.0, 0.0
    for age in range(PERIOD - 1, 0, -1):
        distance = at(history, age).close - newest
        total += distance
        weighted += (PERIOD - age) * distance
        squares += distance * distance
    return CloseWindow(
        newest + total / PERIOD,
        newest + weighted / WEIGHTS,
        max(squares - total * total / PERIOD, 0.0),
        (weighted - CENTRE * total) / SQUARED_STEPS,
    )
