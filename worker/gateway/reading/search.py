"""A search through a topic: its partitions merged by time, page by page, within a budget."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from worker.gateway.log.entry import Entry
from worker.gateway.log.older import Older
from worker.gateway.log.topic_log import TopicLog
from worker.gateway.reading.budget import Budget

HOT = 512  # records of a block from memory
COLD = 2_000  # offsets of a block from Kafka
Passes = Callable[[Entry], bool]


class Found(NamedTuple):
    """A page: its records, and where the next one begins."""

    entries: list[Entry]
    nexts: list[int]
    complete: bool  # the page is full, or the end was reached
    ended: bool  # nothing is left


class _Lane:
    """One partition, read in one direction; `next` is the place where reading goes on."""

    def __init__(self, log: TopicLog, older: Older, headers: bool, partition: int, at: int, stop: int) -> None:
        self._log, self._older, self._headers = log, older, headers
        self._partition, self._stop = partition, stop
        self.next = at  # newest first: the records before it; oldest first: those from it on
        self._fetched = at
        self._block: list[Entry] = []  # reversed: the next one is the last

    async def head(self) -> Entry | None:
        """Return the next record without taking it; None at the end."""
        while not self._block:
            self.next = self._fetched
            if self.next == self._stop:
                return None
            await self._fetch()
        return self._block[-1]

    def take(self) -> None:
        """Pass the next record."""
        self.next = self._after(self._block.pop().offset)

    def _after(self, offset: int) -> int:
        raise NotImplementedError

    async def _fetch(self) -> None:
        raise NotImplementedError


class _Backward(_Lane):
    def _after(self, offset: int) -> int:
        return offset

    async def _fetch(self) -> None:
        hot = self._log.hot[self._partition]
        if self.next > hot:
            found = [e for e in self._log.before(self._partition, self.next, HOT) if e.offset >= self._stop]
            self._block = found[::-1]
            self._fetched = found[-1].offset if len(found) == HOT else max(hot, self._stop)
            return
        begin = max(self._stop, self.next - COLD)
        self._block, first = await self._older.read(self._log.name, self._partition, begin, self.next, self._headers)
        self._fetched = self._stop if begin <= first else begin


class _Forward(_Lane):
    def _after(self, offset: int) -> int:
        return offset + 1

    async def _fetch(self) -> None:
        hot = self._log.hot[self._partition]
        if self.next >= hot:
            found = [e for e in self._log.since(self._partition, self.next, HOT) if e.offset < self._stop]
            self._block = found[::-1]
            self._fetched = found[-1].offset + 1 if len(found) == HOT else self._stop
            return
        end = min(hot, self._stop, self.next + COLD)
        found, first = await self._older.read(self._log.name, self._partition, self.next, end, self._headers)
        self._block = found[::-1]
        self._fetched = min(max(end, first), self._stop)


async def search(
    log: TopicLog,
    older: Older,
    nexts: list[int],
    stops: list[int],
    newest_first: bool,
    limit: int,
    passes: Passes,
    budget: Budget,
    headers: bool = False,
) -> Found:
    """Return the next page of the records that pass.

    The partitions are merged by their records' times, equal ones by partition. Where times of a partition are out of
    order, its own order stays.

    Raises:
        KafkaError: older records can't be read.
    """
    kind = _Backward if newest_first else _Forward
    lanes = [kind(log, older, headers, p, at, stop) for p, (at, stop) in enumerate(zip(nexts, stops, strict=True))]
    sign = -1 if newest_first else 1
    entries: list[Entry] = []
    topic_id = log.topic_id
    while len(entries) < limit and not budget.spent:
        heads = [(sign * head.timestamp, p) for p, lane in enumerate(lanes) if (head := await lane.head())]
        if not heads:
            return Found(entries, [lane.next for lane in lanes], True, True)
        lane = lanes[min(heads)[1]]
        head = await lane.head()
        assert head is not None
        lane.take()
        budget.read(len(head.value or b"") + len(head.key or b""))
        if passes(head):
            entries.append(head)
        await budget.pause()
        if log.topic_id != topic_id:
            break
    return Found(entries, [lane.next for lane in lanes], len(entries) >= limit, False)
