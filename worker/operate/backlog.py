"""The newest records of a topic that pass a filter; partitions are read backwards from the end, as far as needed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

POLL_MS = 250
MARKERS = 4  # approximate offsets per record: each commit takes one for its transaction marker
GROWTH = 4  # of each part over the one before, so that a strict filter reads few large parts


class Line(NamedTuple):
    """A record; lines sort by time."""

    timestamp: int  # epoch ms
    partition: int
    offset: int
    value: bytes


Passes = Callable[[Line], bool]


async def newest(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int], last: int, passes: Passes) -> list[Line]:
    """Return the newest `last` records before `ends` that pass, oldest first.

    `passes` is called at most once per record; where fewer than `last` pass, it is called for all. Each partition must
    be in order of time.
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
