"""The indicators of one timeframe: the kernels of the features stage over the closed buckets."""

from typing import Any

import numpy as np

from worker.engine.history import at
from worker.engine.kernel import embedded
from worker.engine.stages.features import directional, donchian, efficiency, rsi, true_range_average
from worker.engine.stages.features.arithmetic import equal, ratio
from worker.engine.stages.features.parts import state
from worker.engine.stages.timeframes import averages

BUCKETS = 32  # closed ones kept: the longest window (26 closes), as a power of two

ROW = np.dtype([("high", "f8"), ("low", "f8"), ("close", "f8")], align=True)
RING = np.dtype([("count", "i8"), ("rows", ROW, (BUCKETS,))], align=True)
STATE = np.dtype(
    [
        ("history", RING),
        ("averages", averages.STATE),
        ("rsi", rsi.STATE),
        ("true_range_average", true_range_average.STATE),
        ("directional", directional.STATE),
    ],
    align=True,
)
# The kernels' output, by the names of the features.
VALUES = state(
    *("ema_12", "ema_26", "ema_50", "rsi_14", "atr_14", "natr_14"),
    *("plus_di", "minus_di", "adx_14", "don_pos_20", "er_10", "er_20"),
)


@embedded
def _push(ring: Any, bucket: Any) -> None:
    row = ring.rows[ring.count & (BUCKETS - 1)]
    row.high = bucket.high
    row.low = bucket.low
    row.close = bucket.close
    ring.count += 1


@embedded
def _channel_position(history: Any, close: float) -> float:
    """Return the position of the close between the lowest low and the highest high of 20 buckets, 0.5 when flat."""
    if history.count < donchian.PERIOD:
        return np.nan
    high, low = -np.inf, np.inf
    for age in range(donchian.PERIOD):
        row = at(history, age)
        high, low = max(high, row.high), min(low, row.low)
    return ratio(close - low, 0.0 if equal(high, low) else high - low, 0.5)


@embedded
def update(own: Any, bucket: Any, values: Any) -> None:
    """Advance all indicators by a closed bucket and write `values` (VALUES; NaN = not warm)."""
    history = own.history
    _push(history, bucket)
    row = at(history, 0)
    averages.update(own.averages, history, row, values)
    rsi.update(own.rsi, history, row, values)
    true_range_average.update(own.true_range_average, history, row, values)
    directional.update(own.directional, history, row, values)
    efficiency.update(history, row, values)
    values.don_pos_20 = _channel_position(history, row.close)
