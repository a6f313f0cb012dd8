"""Arithmetic of series, bar by bar: what composed indicators are made of."""

import math
from typing import Any

from worker.engine.elementary import log
from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import equal
from worker.engine.strategy.indicators.kind import FAMILY_SHIFT, Kind
from worker.engine.strategy.indicators.reading import newest

FAMILY = 0
FIRST = FAMILY << FAMILY_SHIFT
SCALE = FIRST + 0  # x·a + y
ABSOLUTE = FIRST + 1
ROOT = FIRST + 2
LOGARITHM = FIRST + 3
COMBINE = FIRST + 4  # x·a + y·b
MULTIPLY = FIRST + 5  # a·b
DIVIDE = FIRST + 6  # x·a/b, y where b is 0
SHARE = FIRST + 7  # 100·a/(a + b), 50 where nothing is
BALANCE = FIRST + 8  # 100·(a - b)/(a + b), 0 where nothing is
TYPICAL = FIRST + 9  # (a + b + c)/3
WEIGHTED = FIRST + 10  # (a + b + 2c)/4
POSITION = FIRST + 11  # 100·(a - c)/(b - c), 50 where b = c
BELOW = FIRST + 12  # -100·(b - a)/(b - c), -50 where b = c
FALL_BACK = FIRST + 13  # a/b, c where b is 0
AVERAGE = FIRST + 14  # (a + b + c + d)/4

KINDS = tuple(
    Kind(FIRST + i, name)
    for i, name in enumerate(
        (
            *("scale", "absolute", "root", "logarithm", "combine", "multiply", "divide", "share", "balance"),
            *("typical", "weighted", "position", "below", "fall_back", "average"),
        )
    )
)


@embedded
def _quotient(x: float, above: float, below: float, neutral: float) -> float:
    return neutral if below == 0.0 else x * (above / below)


@embedded
def _span(high: float, low: float) -> float:
    # As in the features stage: prices that differ by rounding alone are equal.
    return 0.0 if equal(high, low) else high - low


@embedded
def _of_one(node: Any, a: float) -> Any:
    kind = node.kind
    if kind == SCALE:
        return node.x * a + node.y
    if kind == ABSOLUTE:
        return abs(a)
    if kind == ROOT:
        return math.sqrt(max(a, 0.0))
    return log(a)


@embedded
def _of_two(node: Any, a: float, b: float) -> Any:
    kind = node.kind
    if kind == COMBINE:
        return node.x * a + node.y * b
    if kind == MULTIPLY:
        return a * b
    if kind == DIVIDE:
        return _quotient(node.x, a, b, node.y)
    if kind == SHARE:
        return _quotient(100.0, a, a + b, 50.0)
    return _quotient(100.0, a - b, a + b, 0.0)


@embedded
def _of_three(node: Any, a: float, b: float, c: float) -> float:
    kind = node.kind
    if kind == TYPICAL:
        return (a + b + c) / 3.0
    if kind == WEIGHTED:
        return (a + b + c * 2.0) / 4.0
    if kind == POSITION:
        return _quotient(100.0, a - c, _span(b, c), 50.0)
    if kind == FALL_BACK:
        return _quotient(1.0, a, b, c)
    return _quotient(-100.0, b - a, _span(b, c), -50.0)


@embedded
def advance(node: Any, m: Any, n: int) -> Any:
    """Return the value of one bar; a logarithm of what is not positive is no number."""
    kind = node.kind
    a = newest(m, node.a, n)
    if kind < COMBINE:
        return _of_one(node, a)
    b = newest(m, node.b, n)
    if kind < TYPICAL:
        return _of_two(node, a, b)
    c = newest(m, node.c, n)
    return _of_three(node, a, b, c) if kind < AVERAGE else (a + b + c + newest(m, node.d, n)) / 4.0
