"""The least squares line through a window, and the correlation of two series."""

import math
from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import ratio
from worker.engine.strategy.indicators.kind import FAMILY_SHIFT, Kind, period
from worker.engine.strategy.indicators.reading import ago, newest

FAMILY = 5
FIRST = FAMILY << FAMILY_SHIFT
SLOPE = FIRST + 0  # a bar
LINE = FIRST + 1  # the line x bars after the newest
CORRELATION = FIRST + 2  # of a and b; 0 where either is flat

KINDS = tuple(
    Kind(FIRST + i, name, needs=period, reads=period) for i, name in enumerate(("slope", "line", "correlation"))
)


@embedded
def _line(node: Any, m: Any, n: int) -> float:
    """Return the slope or a point; sums of distances to the newest value keep the digits of two passes."""
    value, length = newest(m, node.a, n), node.period
    total, weighted = 0.0, 0.0
    for age in range(length - 1, 0, -1):
        distance = ago(m, node.a, n, age) - value
        total += distance
        weighted += (length - age) * distance
    centre = (length + 1) / 2
    slope: float = ratio(weighted - centre * total, length * (length * length - 1.0) / 12, 0.0)
    return slope if node.kind == SLOPE else value + total / length + slope * (length - centre + node.x)


@embedded
def _correlation(node: Any, m: Any, n: int) -> float:
    length, a, b = node.period, newest(m, node.a, n), newest(m, node.b, n)
    mean_a, mean_b = 0.0, 0.0
    for age in range(length - 1, 0, -1):
        mean_a += ago(m, node.a, n, age) - a
        mean_b += ago(m, node.b, n, age) - b
    mean_a, mean_b = a + mean_a / length, b + mean_b / length
    both, own, other = 0.0, 0.0, 0.0
    for age in range(length - 1, -1, -1):
        x, y = ago(m, node.a, n, age) - mean_a, ago(m, node.b, n, age) - mean_b
        both += x * y
        own += x * x
        other += y * y
    return float(ratio(both, math.sqrt(own) * math.sqrt(other), 0.0))


@embedded
def advance(node: Any, m: Any, n: int, k: int) -> float:
    """Return the value of the window that ends at bar `n`."""
    if k < node.period:
        return math.nan
    return _correlation(node, m, n) if node.kind == CORRELATION else _line(node, m, n)
