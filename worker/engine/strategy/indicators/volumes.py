"""What volume tells with prices: signed volume, flow, accumulation."""

import math
from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import equal, ratio
from worker.engine.strategy.indicators.kind import FAMILY_SHIFT, Kind, Series
from worker.engine.strategy.indicators.reading import ago, newest

FAMILY = 7
FIRST = FAMILY << FAMILY_SHIFT
SIGNED = FIRST + 0  # volume b with the sign of the change of price a; positive at the first bar of all
FLOW_UP = FIRST + 1  # |a|·b where a rose
FLOW_DOWN = FIRST + 2
ACCUMULATION = FIRST + 3  # volume d times the place of close c between low b and high a, -1 to 1


def _two(series: Series) -> int:
    return 2


KINDS = (
    Kind(SIGNED, "signed", reads=_two),
    Kind(FLOW_UP, "flow_up", needs=_two, reads=_two),
    Kind(FLOW_DOWN, "flow_down", needs=_two, reads=_two),
    Kind(ACCUMULATION, "accumulation"),
)


@embedded
def _accumulation(node: Any, m: Any, n: int) -> float:
    high, low, close, volume = newest(m, node.a, n), newest(m, node.b, n), newest(m, node.c, n), newest(m, node.d, n)
    span = 0.0 if equal(high, low) else high - low
    return float(volume * ratio((close - low) - (high - close), span, 0.0))


@embedded
def advance(node: Any, m: Any, n: int, k: int) -> float:
    """Return the value of one bar."""
    kind = node.kind
    if kind == ACCUMULATION:
        return _accumulation(node, m, n)
    price, volume = newest(m, node.a, n), newest(m, node.b, n)
    if k < 2:
        return volume if kind == SIGNED else math.nan
    before = ago(m, node.a, n, 1)
    if equal(price, before):
        return 0.0
    rose = price > before
    if kind == SIGNED:
        return volume if rose else -volume
    return abs(price) * volume if rose == (kind == FLOW_UP) else 0.0
