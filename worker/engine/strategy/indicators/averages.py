"""Averages that remember for ever: exponential, Wilder's, decayed sums, Kaufman's; and running totals."""

import math
from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import LARGEST, wilder
from worker.engine.strategy.indicators.kind import FAMILY_SHIFT, Kind, Series, endless, next_after_period, one, period
from worker.engine.strategy.indicators.reading import ago, newest

FAMILY = 2
FIRST = FAMILY << FAMILY_SHIFT
EXPONENTIAL = FIRST + 0  # e += x·(a - e), seeded with the mean of the first `period` values
WILDER = FIRST + 1  # (w·(period - 1) + a)/period, seeded alike
DECAYED = FIRST + 2  # s - s/period + a, seeded with the sum of `period` - 1 values
KAUFMAN = FIRST + 3  # k += (efficiency·x + y)²·(a - k); b = the path that `a` took in `period` bars
TOTAL = FIRST + 4  # the sum of all values

DIGITS = 9.0 * math.log(10.0)


def _fade(rate: float) -> int:
    return math.ceil(DIGITS / -math.log1p(-rate)) if rate < 1.0 else 1


def _exponential(series: Series) -> int:
    return _fade(series.x)


def _wilder(series: Series) -> int:
    return _fade(1.0 / series.period)


def _kaufman(series: Series) -> int:
    return _fade(series.y * series.y)  # at its slowest


KINDS = (
    Kind(EXPONENTIAL, "exponential", words=1, needs=period, fades=_exponential),
    Kind(WILDER, "wilder", words=1, needs=period, fades=_wilder),
    Kind(DECAYED, "decayed", words=1, needs=period, fades=_wilder),
    Kind(KAUFMAN, "kaufman", words=1, needs=one, reads=next_after_period, fades=_kaufman),
    Kind(TOTAL, "total", words=1, fades=endless),
)


@embedded
def _kaufman_next(node: Any, m: Any, n: int, k: int, value: float) -> float:
    before = ago(m, node.a, n, 1) if k == 1 else m[node.own]
    path, way = newest(m, node.b, n), abs(value - ago(m, node.a, n, node.period))
    efficiency = 1.0 if path <= way else way / path
    rate = efficiency * node.x + node.y
    average: float = before + rate * rate * (value - before)
    return average


@embedded
def _seeded(node: Any, m: Any, k: int, value: float) -> Any:
    """Return the next average; until `period` values it is their sum, then their mean."""
    before, kind = m[node.own], node.kind
    if k > node.period:
        if kind == EXPONENTIAL:
            average: float = (value - before) * node.x + before
            return average
        average = wilder(before, value, node.period)
        return average
    return (before + value) / node.period if k == node.period else before + value


@embedded
def advance(node: Any, m: Any, n: int, k: int) -> Any:
    """Return the next average; a value that is not finite leaves it as it was, or it would never recover."""
    kind, value, before = node.kind, newest(m, node.a, n), m[node.own]
    if not abs(value) <= LARGEST:
        return before
    if kind == TOTAL:
        after = before + value
    elif kind == DECAYED:
        after = before + value if k < node.period else before - before / node.period + value
    elif kind == KAUFMAN:
        after = _kaufman_next(node, m, n, k, value)
        if not abs(after) <= LARGEST:
            return before
    else:
        after = _seeded(node, m, k, value)
    m[node.own] = after
    return after
