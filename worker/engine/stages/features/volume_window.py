"""The traded volume of the last 20 bars in one pass, shared by three indicators."""

import math
from typing import Any, NamedTuple

from worker.engine.history import at
from worker.engine.kernel import embedded
from worker.engine.stages.features.facts import fact

PERIOD = 20


class VolumeWindow(NamedTuple):
    """Sums over the window; NaN until 20 bars are accepted."""

    volume: float  # Σ v
    money: float  # Σ typical·v
    accumulation: float  # Σ v·((c-l)-(h-c))/(h-l)
    illiquidity: float  # Σ |c/c1-1|/(c·v) over the bars with a trade
    trades: int  # number of bars with a trade


@embedded
def volume_window(facts: Any, history: Any) -> VolumeWindow:
    """Compute the sums over the window, oldest to newest."""
    if history.count < PERIOD:
        return VolumeWindow(math.nan, math.nan, math.nan, math.nan, 0)
    volume, money, accumulation, illiquidity, trades = 0.0, 0.0, 0.0, 0.0, 0
    for age in range(PERIOD - 1, -1, -1):
        bar, traded = fact(facts, history, age), at(history, age).volume
        volume += traded
        money += bar.typical * traded
        accumulation += bar.accumulation
        traded_at = not math.isnan(bar.illiquidity)
        illiquidity += bar.illiquidity if traded_at else 0.0
        trades += traded_at
    return VolumeWindow(volume, money, accumulation, illiquidity, trades)
