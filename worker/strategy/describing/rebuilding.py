"""How many bars rebuild indicators whose memory is lost, so that they are equal to 1e-9."""

from __future__ import annotations

from collections.abc import Iterable

from worker.engine.strategy.indicators.kind import ENDLESS, Series
from worker.engine.strategy.plan import settled

MOST = 100_000  # bars of a symbol that a worker would read again


def rebuilding(series: Iterable[Series], interval_ms: int) -> int:
    """Return the bars of this interval after which an earlier start shows in no more than 1e-9 in any, at most MOST.

    A series whose memory never ends asks for none: no number of bars would do.
    """
    wanted = 0
    for each in series:
        bars = settled(each)
        if bars != ENDLESS:
            wanted = max(wanted, bars * max(-(-each.timeframe // max(interval_ms, 1)), 1))
    return min(wanted, MOST)
