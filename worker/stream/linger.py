"""Which partitions may go on now, and when the next one that lingers may: small batches linger, so that transactions
carry more."""

from __future__ import annotations

from collections.abc import Mapping

from aiokafka import TopicPartition

from worker.stream.partition import Partition
from worker.stream.phases import Phase

POLL = 0.1  # seconds, the longest that a poll waits
LINGERED = 0.1  # seconds after lingering in which records of the time before may be on their way


def ready_now(partitions: Mapping[TopicPartition, Partition], now: float) -> list[TopicPartition]:
    """Those that are ready and do not linger; `now` in monotonic seconds."""
    return [tp for tp, p in partitions.items() if p.phase is Phase.READY and p.linger_until <= now]


def poll_seconds(partitions: Mapping[TopicPartition, Partition], now: float) -> float:
    """Seconds until a partition that lingers goes on, at most those of a poll."""
    left = (p.linger_until - now for p in partitions.values() if p.phase is Phase.READY)
    return min([POLL, *(seconds for seconds in left if seconds > 0)])


def lingered(partition: Partition | None, now: float) -> bool:
    """Whether a partition has just lingered: the fetch before that found only a few records."""
    return partition is not None and partition.linger_until > now - LINGERED
