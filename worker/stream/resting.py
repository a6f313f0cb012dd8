"""Which partitions may go on now, and when the next one that rests may: small batches wait, so that transactions carry
more."""

from __future__ import annotations

import time
from collections.abc import Mapping

from aiokafka import TopicPartition

from worker.stream.partition import Partition, Phase

POLL = 0.1  # seconds, the longest that a poll waits
RESTED = 0.1  # seconds since the end of a rest for which records of the time before may be on their way


def ready_now(partitions: Mapping[TopicPartition, Partition]) -> list[TopicPartition]:
    """Those that are ready and do not rest."""
    now = time.monotonic()
    return [tp for tp, p in partitions.items() if p.phase is Phase.READY and p.rest_until <= now]


def patience(partitions: Mapping[TopicPartition, Partition]) -> float:
    """Seconds until a partition that rests goes on, at most those of a poll."""
    now = time.monotonic()
    left = (p.rest_until - now for p in partitions.values() if p.phase is Phase.READY)
    return min([POLL, *(seconds for seconds in left if seconds > 0)])


def rested(partition: Partition | None) -> bool:
    """Whether a rest has just ended: the fetch at its beginning found only a few records."""
    return partition is not None and partition.rest_until > time.monotonic() - RESTED
