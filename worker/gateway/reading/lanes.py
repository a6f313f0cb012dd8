"""One partition of a search, read in one direction: from memory, and before that from Kafka."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from worker.gateway.log.entry import Entry
from worker.gateway.log.held import Fits, Looked, Scan
from worker.gateway.log.older import Older
from worker.gateway.log.topic_log import TopicLog
from worker.gateway.log.turns import Turns
from worker.gateway.reading.budget import Budget
from worker.gateway.resources.problem import Refused

HOT, MOST_HOT = 32, 512  # records of the first and of the largest block from memory
COLD, MOST_COLD = 128, 2_048  # offsets of those from Kafka
# Offsets in memory of the records that can pass, by partition; None: any can.
Places = Callable[[int], list[int] | None]


class Source(NamedTuple):
    """Where a search reads, and what it looks for."""

    log: TopicLog
    older: Older
    fits: Fits
    headers: bool = False
    places: Places = lambda partition: None
    sieve: Mapping[int, bool] | None = None  # by the number of a record's traits


class Lane(ABC):
    """The records of a partition that pass; `block` has the next ones, the very next last.

    `next` is where another search would go on: newest first, with the records before it; oldest first, from it on.
    """

    def __init__(self, source: Source, partition: int, at: int, stop: int, budget: Budget) -> None:
        self.next = at
        self.block: list[Entry] = []
        self._source, self._log, self._topic_id = source, source.log, source.log.topic_id
        self._partition, self._stop, self._budget = partition, stop, budget
        self._fetched = at  # `block` ends there
        self._hot, self._cold = min(HOT, budget.most), min(COLD, budget.most)
        self._looked = Looked(source.fits, source.sieve)
        self._begun = False

    @property
    def ended(self) -> bool:
        """Whether nothing is left."""
        return not self.block and self._fetched == self._stop

    def take(self) -> Entry:
        """Return the next record and pass it."""
        entry = self.block.pop()
        self.next = self._passed(entry.offset) if self.block else self._fetched
        return entry

    async def fill(self, turns: Turns) -> None:
        """Read until there is a next record, nothing is left, or the budget is spent.

        The first block is read in any case, so that each search gets on.

        Raises:
            KafkaError, TimeoutError: the brokers give no answer.
            Refused: the topic was recreated meanwhile.
        """
        while not self.block and not self.ended and not (self._begun and self._budget.spent):
            self._begun = True
            self._check()
            await self._fetch()
            self._check()
            if not self.block:
                self.next = self._fetched
            if turns.late:
                await turns.pause()

    def _check(self) -> None:
        if self._log.topic_id != self._topic_id:
            raise Refused(409, "conflict", f"the topic {self._log.name} was recreated", "Begin again")

    async def _older(self, start: int, stop: int) -> tuple[list[Entry], int]:
        """Return the records of a block from Kafka that pass, and the first offset if it has none at all."""
        self._cold = min(self._cold * 2, MOST_COLD)
        source = self._source
        found, first = await source.older.read(self._log.name, self._partition, start, stop, source.headers)
        return self._passing(found), first

    def _passing(self, found: Iterable[Entry | None]) -> list[Entry]:
        fits, passing = self._source.fits, []
        for entry in found:
            if entry is not None:
                self._budget.read(1, len(entry.value or b""))
                if fits(entry.partition, entry.timestamp, entry.key, entry.value):
                    passing.append(entry)
        return passing

    def _grown(self) -> int:
        """Return the size of the next block from memory."""
        size, self._hot = self._hot, min(self._hot * 2, MOST_HOT)
        return size

    def _counted(self, scan: Scan) -> list[Entry]:
        self._budget.read(scan.records, scan.bytes)
        return scan.entries

    @abstractmethod
    def _passed(self, offset: int) -> int:
        """Return the place after a record."""

    @abstractmethod
    async def _fetch(self) -> None:
        """Read the next block."""


class Backward(Lane):
    """Newest first, down to `stop`."""

    def _passed(self, offset: int) -> int:
        return offset

    async def _fetch(self) -> None:
        at, hot = self._fetched, self._log.hot[self._partition]
        if at <= hot:
            begin = max(self._stop, at - self._cold)
            self.block, first = await self._older(begin, at)
            self._fetched = self._stop if begin <= first else begin
            return
        end = max(hot, self._stop)
        size, places = self._grown(), self._source.places(self._partition)
        if places is None:
            scan = self._log.scan_before(self._partition, at, end, size, self._looked)
            self.block, self._fetched = self._counted(scan)[::-1], scan.next
        else:
            before = places[bisect_left(places, end) : bisect_left(places, at)]
            part = before[-size:]
            self.block = self._passing(self._log.at(self._partition, offset) for offset in part)
            self._fetched = part[0] if len(part) < len(before) else end


class Forward(Lane):
    """Oldest first, up to `stop` (exclusive)."""

    def _passed(self, offset: int) -> int:
        return offset + 1

    async def _fetch(self) -> None:
        at, hot = self._fetched, self._log.hot[self._partition]
        if at < hot:
            end = min(hot, self._stop, at + self._cold)
            found, first = await self._older(at, end)
            self.block, self._fetched = found[::-1], min(max(end, first), self._stop)
            return
        size, places = self._grown(), self._source.places(self._partition)
        if places is None:
            scan = self._log.scan_since(self._partition, at, self._stop, size, self._looked)
            self.block, self._fetched = self._counted(scan)[::-1], scan.next
        else:
            later = places[bisect_left(places, at) : bisect_left(places, self._stop)]
            part = later[:size]
            self.block = self._passing(self._log.at(self._partition, offset) for offset in part)[::-1]
            self._fetched = part[-1] + 1 if len(part) < len(later) else self._stop
