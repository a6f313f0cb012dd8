"""The newest records of a topic that pass a filter: partitions are read from the end backwards, as far as needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

POLL_MS = 250
MARKERS = 4  # offsets a record, about: transaction markers take some too, one a commit
GROWTH = 4  # of a part, to the one before it: a filter that lets little pass reads few large parts


class Line(NamedTuple):
    """A record; lines sort by time."""

    timestamp: int  # epoch ms
    partition: int
    offset: int
    value: bytes


Passes = Callable[[Line], bool]


async def newest(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int], last: int, passes: Passes) -> list[Line]:
    """The newest `last` records before `ends` that pass, oldest first.

    `passes` is asked of each record once; where fewer pass, it has been asked of all. Each partition must be in order
    of time.
    """
    starts = await consumer.beginning_offsets(list(ends))
    found: list[Line] = []
    for tp, end in ends.items():
        found += await _of_partition(consumer, tp, starts[tp], end, last, passes)
    return sorted(found)[-last:] if last else []


async def _of_partition(
    consumer: AIOKafkaConsumer, tp: TopicPartition, start: int, end: int, last: int, passes: Passes
) -> list[Line]:
    found: list[Line] = []
    size = MARKERS * last + MARKERS
    while end > start and len(found) < last:
        begin = max(start, end - size)
        found = [line for line in await _part(consumer, tp, begin, end) if passes(line)] + found
        end, size = begin, size * GROWTH
    return found[-last:] if last else []


async def _part(consumer: AIOKafkaConsumer, tp: TopicPartition, begin: int, end: int) -> Sequence[Line]:
    consumer.assign([tp])
    consumer.seek(tp, begin)
    found: list[Line] = []
    while await consumer.position(tp) < end:
        records: list[Any] = (await consumer.getmany(tp, timeout_ms=POLL_MS)).get(tp, [])
        found += [Line(r.timestamp, r.partition, r.offset, r.value or b"") for r in records if r.offset < end]
    return found
