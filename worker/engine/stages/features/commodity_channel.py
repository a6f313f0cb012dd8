"""F15: commodity channel index over 20 bars (Lambert 1980)."""

import math
from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import DEAD_ZONE, ratio
from worker.engine.stages.features.facts import fact
from worker.engine.stages.features.parts import NO_STATE, Feature

STATE = NO_STATE
FEATURES = (
    Feature(
        "F15",
        "cci_20",
        20,
        "(TP - SMA20)/(0.015·mean|TP_i - SMA20|), TP = (h+l+c)/3; 0 where either is 0",
        "Lambert 1980; TA-Lib CCI",
    ),
)
PERIOD = 20
SCALE = 0.015


@embedded
def update(facts: Any, history: Any, out: Any) -> None:
    """Write the index; distances are from the newest typical price, so that a flat window is exactly 0 (TA-Lib CCI)."""
    out.cci_20 = math.nan
    if history.count < PERIOD:
        return
    newest = fact(facts, history, 0).typical
    mean, deviation = 0.0, 0.0
    for age in range(PERIOD - 1, 0, -1):
        mean += fact(facts, history, age).typical - newest
    mean /= PERIOD
    for age in range(PERIOD - 1, -1, -1):
        deviation += abs(fact(facts, history, age).typical - newest - mean)
    deviation /= PERIOD
    flat = deviation <= DEAD_ZONE * abs(newest)
    out.cci_20 = 0.0 if flat else ratio(-mean, SCALE * deviation, 0.0)
