"""F08: average true range over 14 bars, absolute and in per cent of the close (Wilder 1978)."""

import math
from typing import Any

from worker.engine.history import at
from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import finite, ratio, true_range, wilder
from worker.engine.stages.features.parts import Feature, state

STATE = state("average")
FEATURES = (
    Feature("F08", "atr_14", 15, "Wilder mean of 14 true ranges", "Wilder 1978; TA-Lib ATR"),
    Feature("F08", "natr_14", 15, "100·atr_14/c", "TA-Lib NATR"),
)
PERIOD = 14


@embedded
def _advance(own: Any, n: int, span: float) -> None:
    """Advance the ATR, seeded at bar 15; until then the field is the sum of the true ranges from bar 2 on."""
    if n > PERIOD + 1:
        own.average = wilder(own.average, span, PERIOD)
        return
    own.average += span
    if n == PERIOD + 1:
        own.average /= PERIOD


@embedded
def update(own: Any, history: Any, row: Any, out: Any) -> None:
    """Write Wilder_14 of the true range (TA-Lib ATR) and natr = 100·atr/c, 0 at a close of 0 (TA-Lib NATR)."""
    out.atr_14 = out.natr_14 = math.nan
    if history.count < 2:
        return
    _advance(own, history.count, finite(true_range(row, at(history, 1).close)))
    if history.count > PERIOD:
        out.atr_14 = finite(own.average)
        out.natr_14 = finite(100.0 * ratio(own.average, row.close, 0.0))
