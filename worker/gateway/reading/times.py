"""Offsets between which the records of a time lie, as far as they are no longer in memory."""

from __future__ import annotations

import asyncio
import logging

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from worker.gateway.log.older import Older
from worker.gateway.log.topic_log import TopicLog

log = logging.getLogger(__name__)
LATE = 86_400_000  # ms: a record that lies behind others which are a day younger is passed over
PROBE = 128  # offsets that are read to see what time it is there
NEAR = 2_048  # offsets as near as which a place need not be known


async def bounds(topic: TopicLog, older: Older, since: int | None, until: int | None) -> tuple[list[int], list[int]]:
    """Return for each partition the first offset of a time range, and the end (exclusive).

    What lies in memory alone is not bounded: it is searched faster than a broker answers. Where no broker answers, the
    range is the whole topic.
    """
    begins, ends = [0] * topic.partitions, list(topic.ends)
    if (since is None and until is None) or not any(topic.hot):
        return begins, ends

    async def of(partition: int) -> None:
        place = _Place(topic.name, partition, older, ends[partition])
        if since is not None:
            begins[partition] = await place.first(since)
        if until is not None:
            ends[partition] = max(await place.end(until), begins[partition])

    try:
        await asyncio.gather(*(of(partition) for partition in range(topic.partitions)))
    except (KafkaError, TimeoutError) as error:
        log.warning("no broker tells the offsets of a time", extra={"topic": topic.name, "error": str(error)})
        return [0] * topic.partitions, list(topic.ends)
    return begins, ends


class _Place:
    """Looks for times in one partition.

    The brokers' index counts the markers of transactions, which bear the time of the commit. Where records of long ago
    were published lately, the index knows no times but those, and the records themselves are looked at.
    """

    def __init__(self, topic: str, partition: int, older: Older, end: int) -> None:
        self._tp, self._older, self._end = TopicPartition(topic, partition), older, end

    async def first(self, since: int) -> int:
        """Return an offset before which nothing of a time or later lies."""
        found = await self._older.at_time(self._tp, since)
        if found is None:
            return self._end
        if found.timestamp < since + LATE:
            return min(found.offset, self._end)
        low, _ = await self._halve(since - LATE, min(found.offset, self._end))
        return low

    async def end(self, until: int) -> int:
        """Return an offset from which on nothing before a time lies."""
        found = await self._older.at_time(self._tp, until + LATE)
        if found is None:
            return self._end
        if found.timestamp < until + 2 * LATE:
            return min(found.offset, self._end)
        _, high = await self._halve(until + LATE, 0)
        return high

    async def _halve(self, timestamp: int, low: int) -> tuple[int, int]:
        """Return two places near each other between which the records reach a time."""
        high = self._end
        while high - low > NEAR:
            middle = (low + high) // 2
            entry = await self._next(middle, high)
            if entry is None or entry[1] >= timestamp:
                high = middle
            else:
                low = entry[0] + 1
        return low, high

    async def _next(self, at: int, stop: int) -> tuple[int, int] | None:
        """Return offset and time of the first record from an offset on."""
        while at < stop:
            found, first = await self._older.read(self._tp.topic, self._tp.partition, at, min(at + PROBE, stop))
            if found:
                return found[0].offset, found[0].timestamp
            at = max(at + PROBE, first)
        return None
