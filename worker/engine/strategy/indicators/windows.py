"""Sums and spreads of a window in constant time, and the weighted sums that look at all of it.

Running sums are rebuilt at time boundaries of 64 intervals, so that engines agree to the bit wherever they started, and
where a leaving value has taken the digits along.
"""

import math
from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import DEAD_ZONE, ratio
from worker.engine.strategy.indicators.kind import FAMILY_SHIFT, Kind, next_after_period, period
from worker.engine.strategy.indicators.reading import ago, newest
from worker.engine.windows.moments import LOST

FAMILY = 3
FIRST = FAMILY << FAMILY_SHIFT
SUM = FIRST + 0
MEAN = FIRST + 1
VARIANCE = FIRST + 2  # divisor period - y
DEVIATION = FIRST + 3  # x·√variance
LINEAR_WEIGHTED = FIRST + 4  # Σ j·a/Σ j, j = 1 for the oldest
CHANNEL_INDEX = FIRST + 5  # (a - mean)/(0.015·mean |a - mean|)

TOTAL, PEAK = 0, 1  # words of the state of sums
SHIFT, DISTANCES, SQUARES, MOST = 0, 1, 2, 3  # and of spreads: sums of a - shift and of its square; the peak of these

KINDS = (
    Kind(SUM, "sum", words=2, needs=period, reads=next_after_period),
    Kind(MEAN, "mean", words=2, needs=period, reads=next_after_period),
    Kind(VARIANCE, "variance", words=4, needs=period, reads=next_after_period),
    Kind(DEVIATION, "deviation", words=4, needs=period, reads=next_after_period),
    Kind(LINEAR_WEIGHTED, "linear_weighted", needs=period, reads=period),
    Kind(CHANNEL_INDEX, "channel_index", needs=period, reads=period),
)
SCALE = 0.015  # Lambert 1980


@embedded
def _slide_sum(node: Any, m: Any, n: int, k: int, boundary: bool) -> Any:
    """Return the sum of the last `period` values."""
    at, value = node.own, newest(m, node.a, n)
    total = m[at + TOTAL] + value
    peak = max(m[at + PEAK], abs(total))
    if k > node.period:
        total -= ago(m, node.a, n, node.period)
    if boundary or not abs(total) >= LOST * peak:
        total = 0.0
        for age in range(min(k, node.period) - 1, -1, -1):
            total += ago(m, node.a, n, age)
        peak = abs(total)
    m[at + TOTAL], m[at + PEAK] = total, peak
    return total


@embedded
def _rebuild_spread(node: Any, m: Any, n: int, count: int) -> None:
    """Sum the distances from the window's mean again; from its value where it is flat, so that they are 0."""
    at, value = node.own, newest(m, node.a, n)
    total, low, high = 0.0, value, value
    for age in range(count - 1, -1, -1):
        each = ago(m, node.a, n, age)
        total += each - value
        low, high = min(low, each), max(high, each)
    shift = value if low == high else value + total / count
    distances, squares = 0.0, 0.0
    for age in range(count - 1, -1, -1):
        distance = ago(m, node.a, n, age) - shift
        distances += distance
        squares += distance * distance
    m[at + SHIFT], m[at + DISTANCES], m[at + SQUARES], m[at + MOST] = shift, distances, squares, squares


@embedded
def _slide_spread(node: Any, m: Any, n: int, k: int, boundary: bool) -> float:
    """Return the sum of the squared distances of the last `period` values from their mean."""
    at, count = node.own, min(k, node.period)
    distance = newest(m, node.a, n) - m[at + SHIFT]
    distances, squares = m[at + DISTANCES] + distance, m[at + SQUARES] + distance * distance
    most = max(m[at + MOST], squares)
    if k > node.period:
        leaving = ago(m, node.a, n, node.period) - m[at + SHIFT]
        distances -= leaving
        squares -= leaving * leaving
    m[at + DISTANCES], m[at + SQUARES], m[at + MOST] = distances, squares, most
    if boundary or k == 1 or not squares - distances * distances / count >= LOST * most:
        _rebuild_spread(node, m, n, count)
        distances, squares = m[at + DISTANCES], m[at + SQUARES]
    around: float = squares - distances * distances / count
    return 0.0 if around < 0.0 else around


@embedded
def _weighted(node: Any, m: Any, n: int) -> Any:
    value, length, weighted = newest(m, node.a, n), node.period, 0.0
    for age in range(length - 1, 0, -1):
        weighted += (length - age) * (ago(m, node.a, n, age) - value)
    return value + weighted / (length * (length + 1) / 2)


@embedded
def _channel_index(node: Any, m: Any, n: int) -> float:
    """Return the index from distances to the newest value, so that a flat window is exactly 0."""
    value, length = newest(m, node.a, n), node.period
    mean, deviation = 0.0, 0.0
    for age in range(length - 1, 0, -1):
        mean += ago(m, node.a, n, age) - value
    mean /= length
    for age in range(length - 1, -1, -1):
        deviation += abs(ago(m, node.a, n, age) - value - mean)
    deviation /= length
    flat = deviation <= DEAD_ZONE * abs(value)
    return 0.0 if flat else ratio(-mean, SCALE * deviation, 0.0)


@embedded
def advance(node: Any, m: Any, n: int, k: int, boundary: bool) -> Any:
    """Return the value of the window that ends at bar `n`."""
    kind = node.kind
    if kind <= MEAN:
        total = _slide_sum(node, m, n, k, boundary)
        return total if kind == SUM else total / node.period
    if kind <= DEVIATION:
        around = _slide_spread(node, m, n, k, boundary)
        divisor = node.period - node.y
        variance = around / divisor if divisor > 0.0 else math.nan
        return variance if kind == VARIANCE else node.x * math.sqrt(variance)
    if k < node.period:
        return math.nan
    return _weighted(node, m, n) if kind == LINEAR_WEIGHTED else _channel_index(node, m, n)
