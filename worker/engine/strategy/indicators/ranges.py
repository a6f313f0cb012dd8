"""What high, low and close tell together: true range, directional movement, pressure."""

import math
from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import finite, wilder
from worker.engine.strategy.indicators.averages import DIGITS
from worker.engine.strategy.indicators.kind import FAMILY_SHIFT, Kind, Series, period
from worker.engine.strategy.indicators.reading import ago, newest

FAMILY = 6
FIRST = FAMILY << FAMILY_SHIFT
TRUE_RANGE = FIRST + 0  # of high a, low b, close c
RISE = FIRST + 1  # of high a above that before, where it exceeds the fall of low b
FALL = FIRST + 2
PRESSURE = FIRST + 3  # close b above the lower of low a and the close before
DIRECTION = FIRST + 4  # 100·|a - b|/(a + b); as it was where neither is
DIRECTION_AVERAGE = FIRST + 5  # Wilder's mean of that; a bar without direction leaves it unchanged


def _two(series: Series) -> int:
    return 2


def _fade(series: Series) -> int:
    return math.ceil(DIGITS * series.period)


KINDS = (
    *(
        Kind(FIRST + i, name, needs=_two, reads=_two)
        for i, name in enumerate(("true_range", "rise", "fall", "pressure"))
    ),
    Kind(DIRECTION, "direction", words=1),
    Kind(DIRECTION_AVERAGE, "direction_average", words=1, needs=period, fades=_fade),
)


@embedded
def _direction(node: Any, m: Any, n: int, k: int) -> float:
    plus, minus = newest(m, node.a, n), newest(m, node.b, n)
    total, index = plus + minus, m[node.own]
    if total > 0.0:
        now = 100.0 * abs(plus - minus) / total
        if node.kind == DIRECTION:
            index = now
        elif k <= node.period:
            index += now
        else:
            index = wilder(index, now, node.period)
    if node.kind == DIRECTION_AVERAGE and k == node.period:
        index /= node.period
    m[node.own] = index
    return float(index)


@embedded
def advance(node: Any, m: Any, n: int, k: int) -> float:
    """Return the value of one bar, not a number at the first of all where the bar before is read."""
    kind = node.kind
    if kind >= DIRECTION:
        return _direction(node, m, n, k)
    if k < 2:
        return math.nan
    if kind == TRUE_RANGE:
        high, low, before = newest(m, node.a, n), newest(m, node.b, n), ago(m, node.c, n, 1)
        return float(finite(max(high - low, abs(before - high), abs(before - low))))
    if kind == PRESSURE:
        close, low, before = newest(m, node.b, n), newest(m, node.a, n), ago(m, node.b, n, 1)
        return close - min(low, before)
    rise, fall = newest(m, node.a, n) - ago(m, node.a, n, 1), ago(m, node.b, n, 1) - newest(m, node.b, n)
    if kind == RISE:
        return rise if rise > 0.0 and rise > fall else 0.0
    return fall if fall > 0.0 and fall > rise else 0.0
