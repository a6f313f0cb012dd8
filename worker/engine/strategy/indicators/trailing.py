"""Stops that trail: the parabolic stop and reverse, and the supertrend."""

import math
from typing import Any

from worker.engine.kernel import embedded
from worker.engine.strategy.indicators.kind import FAMILY_SHIFT, Kind, Series, endless
from worker.engine.strategy.indicators.reading import ago, newest

FAMILY = 8
FIRST = FAMILY << FAMILY_SHIFT
PARABOLIC = FIRST + 0  # of high a, low b; step x up to y
SUPERTREND = FIRST + 1  # of high a, low b, close c and range d; x ranges away from the middle
WORD = FIRST + 2  # word number `period` of the state of series a

SIDE, LEVEL, BEST, STEP = 0, 1, 2, 3  # words of the parabolic stop; SIDE also of the supertrend
UPPER, LOWER = 1, 2


def _two(series: Series) -> int:
    return 2


KINDS = (
    Kind(PARABOLIC, "parabolic", words=4, needs=_two, reads=_two, fades=endless),
    Kind(SUPERTREND, "supertrend", words=3, reads=_two, fades=endless),
    Kind(WORD, "word"),
)


@embedded
def _parabolic(node: Any, m: Any, n: int, k: int) -> float:
    """Return the stop of one bar (Wilder 1978)."""
    at = node.own
    high, low, high_1, low_1 = newest(m, node.a, n), newest(m, node.b, n), ago(m, node.a, n, 1), ago(m, node.b, n, 1)
    if k == 2:
        fall, rise = low_1 - low, high - high_1
        falls = fall > 0.0 and fall > rise
        m[at + SIDE], m[at + STEP] = -1.0 if falls else 1.0, node.x
        m[at + BEST], m[at + LEVEL] = (low, high_1) if falls else (high, low_1)
        high_1, low_1 = high, low  # at the first bar the one before does not limit the stop
    side, level = m[at + SIDE], m[at + LEVEL]
    if (side > 0.0 and low <= level) or (side < 0.0 and high >= level):
        back = low if side > 0.0 else high
        level = max(m[at + BEST], high_1, high) if side > 0.0 else min(m[at + BEST], low_1, low)
        after = level + node.x * (back - level)
        m[at + LEVEL] = max(after, high_1, high) if side > 0.0 else min(after, low_1, low)
        m[at + SIDE], m[at + BEST], m[at + STEP] = -side, back, node.x
        return float(level)
    further = high > m[at + BEST] if side > 0.0 else low < m[at + BEST]
    if further:
        m[at + BEST] = high if side > 0.0 else low
        m[at + STEP] = min(m[at + STEP] + node.x, node.y)
    after = level + m[at + STEP] * (m[at + BEST] - level)
    m[at + LEVEL] = min(after, low_1, low) if side > 0.0 else max(after, high_1, high)
    return float(level)


@embedded
def _supertrend(node: Any, m: Any, n: int, k: int) -> Any:
    """Return the band that holds: each only tightens until a close has passed it, and a close beyond turns the side."""
    at = node.own
    middle = (newest(m, node.a, n) + newest(m, node.b, n)) / 2.0
    close, reach = newest(m, node.c, n), node.x * newest(m, node.d, n)
    upper, lower, side = middle + reach, middle - reach, 1.0
    if k > 1:
        before = ago(m, node.c, n, 1)
        upper = m[at + UPPER] if upper > m[at + UPPER] and before <= m[at + UPPER] else upper
        lower = m[at + LOWER] if lower < m[at + LOWER] and before >= m[at + LOWER] else lower
        side = m[at + SIDE]
        side = (1.0 if close > upper else -1.0) if side < 0.0 else (-1.0 if close < lower else 1.0)
    m[at + SIDE], m[at + UPPER], m[at + LOWER] = side, upper, lower
    return lower if side > 0.0 else upper


@embedded
def advance(node: Any, m: Any, n: int, k: int) -> Any:
    """Return the level of one bar."""
    if node.kind == WORD:
        return float(m[node.own + node.period])
    if node.kind == SUPERTREND:
        return _supertrend(node, m, n, k)
    return _parabolic(node, m, n, k) if k > 1 else math.nan
