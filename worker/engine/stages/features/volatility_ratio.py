"""F34: short to long close-to-close volatility."""

import math
from typing import Any

from worker.engine.history import at
from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import ratio
from worker.engine.stages.features.close_volatility import deviation
from worker.engine.stages.features.parts import Feature
from worker.engine.windows import moments

STATE = moments.MOMENTS  # of the last 100 log returns
FEATURES = (
    Feature(
        "F34",
        "vol_ratio",
        101,
        "sample standard deviation of 10 log returns / of 100; 1 where the 100 are equal",
        "definition",
    ),
)
SHORT, LONG = 10, 100
FLAT = 1e-14  # a deviation that the rounding of price ratios alone can cause


@embedded
def _rebuild(own: Any, history: Any, n: int) -> None:
    total = 0.0
    for age in range(n - 1, -1, -1):
        total += at(history, age).logret
    moments.restart(own, total / n)
    for age in range(n - 1, -1, -1):
        moments.add(own, at(history, age).logret)
    moments.settle(own)


@embedded
def _advance(own: Any, history: Any, row: Any, boundary: bool) -> None:
    n = min(history.count - 1, LONG)
    if history.count == 2:
        moments.restart(own, row.logret)
    moments.add(own, row.logret)
    if history.count - 1 > LONG:
        moments.drop(own, at(history, LONG).logret)
    if boundary or moments.lost(own, n):
        _rebuild(own, history, n)


@embedded
def update(own: Any, history: Any, row: Any, boundary: bool, out: Any) -> None:
    """Write the ratio; above 1 = more volatile than usual. The long window's moments are incremental (domain §2)."""
    out.vol_ratio = math.nan
    if history.count < 2:
        return
    _advance(own, history, row, boundary)
    if history.count > LONG:
        long = math.sqrt(moments.variance(own, LONG, 1))
        out.vol_ratio = 1.0 if long <= FLAT else ratio(deviation(history, SHORT), long, 1.0)
