"""A search through a topic: its partitions merged by time, page by page, within a budget."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from heapq import heapify, heappop, heappush
from typing import Literal, NamedTuple

from worker.gateway.log.entry import Entry
from worker.gateway.log.turns import Turns
from worker.gateway.reading.budget import Budget
from worker.gateway.reading.lanes import Backward, Forward, Lane, Source

Order = Literal["newest", "oldest"]


class Found(NamedTuple):
    """Records, and where the search goes on."""

    entries: list[Entry]
    nexts: list[int]
    full: bool  # whether as many as wanted were found
    ended: bool  # whether nothing is left


async def search(
    source: Source, nexts: Sequence[int], stops: Sequence[int], order: Order, limit: int, budget: Budget
) -> Found:
    """Return the next `limit` records that pass, fewer at the end or where the budget ends.

    The partitions are merged by their records' times, equal ones by partition; each partition's own order stays.
    `nexts` and `stops` hold an offset a partition: newest first, the records before `nexts` down to `stops`; oldest
    first, those from `nexts` up to `stops` (exclusive).

    Raises:
        KafkaError, TimeoutError: older records can't be read.
        Refused: the topic was recreated meanwhile.
    """
    kind, sign = (Backward, -1) if order == "newest" else (Forward, 1)
    places, turns = enumerate(zip(nexts, stops, strict=True)), Turns()
    lanes: list[Lane] = [kind(source, partition, at, stop, budget) for partition, (at, stop) in places]
    await asyncio.gather(*(lane.fill(turns) for lane in lanes))
    heads = [(sign * lane.block[-1].timestamp, at) for at, lane in enumerate(lanes) if lane.block]
    heapify(heads)
    entries: list[Entry] = []
    # A partition whose next record is not known may have one that comes before those of the others.
    known = all(lane.block or lane.ended for lane in lanes)
    while known and heads and len(entries) < limit:
        _, at = heappop(heads)
        lane = lanes[at]
        entries.append(lane.take())
        if not lane.block and len(entries) < limit:
            await lane.fill(turns)
            known = bool(lane.block) or lane.ended
        if lane.block:
            heappush(heads, (sign * lane.block[-1].timestamp, at))
    ended = all(lane.ended for lane in lanes)
    return Found(entries, [lane.next for lane in lanes], len(entries) >= limit, ended)
