"""F17: on-balance volume of the last 100 bars as a share of their volume (Granville 1963)."""

import math
from typing import Any

from worker.engine.history import at
from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import equal, ratio
from worker.engine.stages.features.parts import Feature, state

# Σ sgn(Δc)·v, Σ v and the largest Σ v since the last rebuild
STATE = state("signed", "total", "peak")
FEATURES = (
    Feature(
        "F17",
        "obv_ratio_100",
        100,
        "Σ sgn(c - c1)·v / Σ v over 100 bars; the first bar of all counts as a rise; 0 without volume",
        "Granville 1963; TA-Lib OBV",
    ),
)
PERIOD = 100
LOST = 1e-3  # a total below this share of its peak has lost three digits or more: rebuild it


@embedded
def _signed(history: Any, age: int) -> float:
    """Return the volume of a bar with the sign of its change of close; positive at the first bar."""
    row = at(history, age)
    volume: float = row.volume
    if age + 1 == history.count:
        return volume
    before = at(history, age + 1).close
    if equal(row.close, before):
        return 0.0
    return volume if row.close > before else -volume


@embedded
def _rebuild(own: Any, history: Any) -> None:
    signed, total = 0.0, 0.0
    for age in range(min(history.count, PERIOD) - 1, -1, -1):
        signed += _signed(history, age)
        total += at(history, age).volume
    own.signed = signed
    own.total = own.peak = total


@embedded
def update(own: Any, history: Any, row: Any, boundary: bool, out: Any) -> None:
    """Write the change of TA-Lib's OBV over 100 bars by their volume: the level itself has infinite memory."""
    own.signed += _signed(history, 0)
    own.total += row.volume
    own.peak = max(own.peak, own.total)
    if history.count > PERIOD:
        own.signed -= _signed(history, PERIOD)
        own.total -= at(history, PERIOD).volume
    if boundary or not own.total >= LOST * own.peak:
        _rebuild(own, history)
    out.obv_ratio_100 = ratio(own.signed, own.total, 0.0) if history.count >= PERIOD else math.nan
