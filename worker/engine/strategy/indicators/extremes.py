"""The highest and the lowest value of a window, and how long ago; of equal ones the newest counts."""

from typing import Any

from worker.engine.kernel import embedded
from worker.engine.strategy.indicators.kind import FAMILY_SHIFT, Kind, period
from worker.engine.strategy.indicators.reading import ago, newest

FAMILY = 4
FIRST = FAMILY << FAMILY_SHIFT
HIGHEST = FIRST + 0
LOWEST = FIRST + 1
HIGHEST_AGE = FIRST + 2  # bars since
LOWEST_AGE = FIRST + 3
AROON_UP = FIRST + 4  # 100·(x - age)/x
AROON_DOWN = FIRST + 5

BEST, WHERE = 0, 1  # words of state: the value, with its sign turned for lows, and its bar

KINDS = tuple(
    Kind(FIRST + i, name, words=2, needs=period, reads=period)
    for i, name in enumerate(("highest", "lowest", "highest_age", "lowest_age", "aroon_up", "aroon_down"))
)


@embedded
def advance(node: Any, m: Any, n: int, k: int) -> Any:
    """Return the value of one bar; the window is searched again only when its extreme has left."""
    at, odd = node.own, (node.kind - FIRST) & 1
    sign = -1.0 if odd else 1.0
    best, where = m[at + BEST], int(m[at + WHERE])
    value = sign * newest(m, node.a, n)
    if k == 1 or value >= best:
        best, where = value, n
    elif where <= n - node.period:
        best, where = value, n
        for age in range(1, node.period):
            each = sign * ago(m, node.a, n, age)
            if each > best:
                best, where = each, n - age
    m[at + BEST], m[at + WHERE] = best, where
    if node.kind <= LOWEST:
        return sign * best
    since = n - where
    return float(since) if node.kind <= LOWEST_AGE else 100.0 * (node.x - since) / node.x
