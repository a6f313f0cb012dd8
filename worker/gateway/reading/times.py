"""Offsets between which the records of a time lie."""

from __future__ import annotations

import asyncio
import logging

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from worker.gateway.log.older import Older
from worker.gateway.log.topic_log import TopicLog

log = logging.getLogger(__name__)
# Records are roughly in order of time. Nothing from before `since` is ever passed over; of a time range that ends in
# the past, a record is that comes in the log behind others that are a day younger.
LATE = 86_400_000  # ms


async def bounds(topic: TopicLog, older: Older, since: int | None, until: int | None) -> tuple[list[int], list[int]]:
    """Return for each partition the first offset of a time range, and the end (exclusive).

    What lies in memory alone is not bounded: it is searched faster than a broker answers. Where no broker answers, the
    range is the whole topic.
    """
    begins, ends = [0] * topic.partitions, list(topic.ends)
    if (since is None and until is None) or not any(topic.hot):
        return begins, ends

    async def of(partition: int) -> None:
        tp = TopicPartition(topic.name, partition)
        if since is not None:
            first = await older.at_time(tp, since)
            begins[partition] = ends[partition] if first is None else min(first, ends[partition])
        if until is not None and (end := await older.at_time(tp, until + LATE)) is not None:
            ends[partition] = max(min(end, ends[partition]), begins[partition])

    try:
        await asyncio.gather(*(of(partition) for partition in range(topic.partitions)))
    except (KafkaError, TimeoutError) as error:
        log.warning("no broker tells the offsets of a time", extra={"topic": topic.name, "error": str(error)})
        return [0] * topic.partitions, list(topic.ends)
    return begins, ends
