"""F23: close-to-close volatility of 20 log returns, per bar."""

import math
from typing import Any

from worker.engine.history import at
from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import finite
from worker.engine.stages.features.parts import NO_STATE, Feature

STATE = NO_STATE
FEATURES = (Feature("F23", "rv_cc_20", 21, "sample standard deviation (ddof 1) of 20 log returns", "definition"),)
PERIOD = 20


@embedded
def deviation(history: Any, n: int) -> float:
    """Return the sample standard deviation (ddof 1) of the last `n` log returns; NaN until there are that many.

    Sum the distances to the newest return (see `close_window`).
    """
    if history.count <= n:
        return math.nan
    newest = at(history, 0).logret
    total, squares = 0.0, 0.0
    for age in range(n - 1, 0, -1):
        distance = at(history, age).logret - newest
        total += distance
        squares += distance * distance
    return finite(math.sqrt(max(squares - total * total / n, 0.0) / (n - 1)))


@embedded
def update(history: Any, row: Any, out: Any) -> None:
    """Write the deviation of the last 20 log returns."""
    out.rv_cc_20 = deviation(history, PERIOD)
