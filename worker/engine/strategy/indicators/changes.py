"""What changed between bars: lags, differences, rates, and what the index of relative strength is made of."""

import math
from typing import Any

from worker.engine.elementary import log
from worker.engine.kernel import embedded
from worker.engine.strategy.indicators.kind import FAMILY_SHIFT, Kind, next_after_period
from worker.engine.strategy.indicators.reading import ago, newest

FAMILY = 1
FIRST = FAMILY << FAMILY_SHIFT
LAG = FIRST + 0  # the value `period` bars ago
DIFFERENCE = FIRST + 1  # a - a before
RATE = FIRST + 2  # x·(a/before - 1), 0 where it was 0
LOG_RETURN = FIRST + 3  # ln(a/before)
GAIN = FIRST + 4  # max(a - before, 0)
LOSS = FIRST + 5  # max(before - a, 0)

KINDS = tuple(
    Kind(FIRST + i, name, needs=next_after_period, reads=next_after_period)
    for i, name in enumerate(("lag", "difference", "rate", "log_return", "gain", "loss"))
)


@embedded
def advance(node: Any, m: Any, n: int, k: int) -> float:
    """Return the change of one bar, not a number before `period` + 1 values."""
    if k <= node.period:
        return math.nan
    kind, now, before = node.kind, newest(m, node.a, n), ago(m, node.a, n, node.period)
    if kind == LAG:
        return before
    if kind == DIFFERENCE:
        return now - before
    if kind == RATE:
        return 0.0 if before == 0.0 else node.x * (now / before - 1.0)
    if kind == LOG_RETURN:
        return log(now / before) if now > 0.0 and before > 0.0 else math.nan
    return max(now - before, 0.0) if kind == GAIN else max(before - now, 0.0)
