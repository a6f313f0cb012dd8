"""F16: money flow index over 14 bars (Quong and Soudack 1989)."""

import math
from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import ratio
from worker.engine.stages.features.facts import fact
from worker.engine.stages.features.parts import NO_STATE, Feature

STATE = NO_STATE
FEATURES = (
    Feature(
        "F16",
        "mfi_14",
        15,
        "100·P/(P + N), P and N the sums of TP·v over the bars of 14 where TP rose and fell; 50 without flow",
        "Quong and Soudack 1989; TA-Lib MFI",
    ),
)
PERIOD = 14


@embedded
def update(facts: Any, history: Any, out: Any) -> None:
    """Write 100·P/(P+N) (TA-Lib MFI); 50 without any flow."""
    out.mfi_14 = math.nan
    if history.count <= PERIOD:
        return
    rise, fall = 0.0, 0.0
    for age in range(PERIOD - 1, -1, -1):
        flow = fact(facts, history, age).flow
        rise += max(flow, 0.0)
        fall += max(-flow, 0.0)
    out.mfi_14 = 100.0 * ratio(rise, rise + fall, 0.5)
