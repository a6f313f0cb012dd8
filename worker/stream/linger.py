"""Lingering of small batches, so that transactions carry more: which partitions are due, and when the next is."""

from __future__ import annotations

from collections.abc import Mapping

from aiokafka import TopicPartition

from worker.stream.partition import Partition
from worker.stream.phases import Phase

POLL = 0.1  # seconds, the longest wait of a poll unless all partitions are ready, and the least for one that is due
QUIET_POLL = 1.0  # seconds, the longest wait of a poll while all are ready: records and changes end it at once


def ready_now(partitions: Mapping[TopicPartition, Partition], now: float) -> list[TopicPartition]:
    """Return the partitions that are ready and do not linger; `now` in monotonic seconds."""
    return [tp for tp, p in partitions.items() if p.phase is Phase.READY and p.linger_until <= now]


def poll_seconds(partitions: Mapping[TopicPartition, Partition], now: float) -> float:
    """Return the seconds until the next partition ends lingering or is due, at most `QUIET_POLL`."""
    ready = [p for p in partitions.values() if p.phase is Phase.READY]
    if not ready or len(ready) < len(partitions):
        longest = POLL
    else:
        longest = min(QUIET_POLL, max(POLL, min(p.due for p in ready) - now))
    left = (p.linger_until - now for p in ready)
    return min([longest, *(seconds for seconds in left if seconds > 0)])
