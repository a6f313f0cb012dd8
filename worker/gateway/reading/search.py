"""A search through a topic: its partitions merged by time, page by page, within a budget."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from typing import Literal, NamedTuple, Protocol

from worker.gateway.log.entry import Entry
from worker.gateway.log.turns import Turns
from worker.gateway.reading.budget import Budget
from worker.gateway.reading.lanes import Backward, Forward, Lane, Source

Order = Literal["newest", "oldest"]


class Passes(Protocol):
    """A filter."""

    def __call__(self, entry: Entry) -> bool:
        """Return whether a record passes."""


class Found(NamedTuple):
    """Records, and where the search goes on."""

    entries: list[Entry]
    nexts: list[int]
    full: bool  # whether as many as wanted were found
    ended: bool  # whether nothing is left


async def search(
    source: Source,
    nexts: Sequence[int],
    stops: Sequence[int],
    order: Order,
    limit: int,
    passes: Passes,
    budget: Budget,
) -> Found:
    """Return the next `limit` records that pass, fewer at the end or where the budget ends.

    The partitions are merged by their records' times, equal ones by partition; each partition's own order stays.
    `nexts` and `stops` hold an offset a partition: newest first, the records before `nexts` down to `stops`; oldest
    first, those from `nexts` up to `stops` (exclusive).

    Raises:
        KafkaError: older records can't be read.
        Refused: the topic was recreated meanwhile.
    """
    kind, sign = (Backward, -1) if order == "newest" else (Forward, 1)
    places = enumerate(zip(nexts, stops, strict=True))
    lanes: list[Lane] = [kind(source, partition, at, stop) for partition, (at, stop) in places]
    await asyncio.gather(*(lane.fill() for lane in lanes))
    heads = [(sign * lane.block[-1].timestamp, at) for at, lane in enumerate(lanes) if lane.block]
    heapify(heads)
    entries: list[Entry] = []
    turns = Turns()
    while heads and len(entries) < limit and not budget.spent:
        _, at = heappop(heads)
        lane = lanes[at]
        entry = lane.take()
        budget.read(len(entry.value or b""))
        if passes(entry):
            entries.append(entry)
        if not lane.block:
            await lane.fill()
        if lane.block:
            heappush(heads, (sign * lane.block[-1].timestamp, at))
        if turns.due():
            await turns.pause()
    return Found(entries, [lane.next for lane in lanes], len(entries) >= limit, not heads)
