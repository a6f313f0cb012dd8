"""One partition of a search, read in one direction: from memory, and before that from Kafka."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left
from collections.abc import Callable
from typing import NamedTuple

from worker.gateway.log.entry import Entry
from worker.gateway.log.older import Older
from worker.gateway.log.topic_log import TopicLog
from worker.gateway.resources.problem import Refused

HOT = 512  # records of a block from memory
COLD, MOST_COLD = 128, 2_048  # offsets of the first and of the largest block from Kafka
# Offsets in memory of the records that can pass, by partition; None: any can.
Places = Callable[[int], list[int] | None]


class Source(NamedTuple):
    """Where a search reads."""

    log: TopicLog
    older: Older
    headers: bool = False
    places: Places = lambda partition: None


class Lane(ABC):
    """`next` is where reading goes on: newest first, the records before it; oldest first, those from it on."""

    def __init__(self, source: Source, partition: int, at: int, stop: int) -> None:
        self.next = at
        self.block: list[Entry] = []  # reversed: the next one is the last
        self._source, self._log, self._topic_id = source, source.log, source.log.topic_id
        self._partition, self._stop = partition, stop
        self._fetched, self._size = at, COLD  # `block` ends there

    @property
    def ended(self) -> bool:
        """Whether nothing is left."""
        return not self.block and self._fetched == self._stop

    def take(self) -> Entry:
        """Return the next record and pass it."""
        entry = self.block.pop()
        self.next = self._passed(entry.offset) if self.block else self._fetched
        return entry

    async def fill(self) -> None:
        """Read until there is a next record, or nothing is left.

        Raises:
            KafkaError: the brokers give no answer.
            Refused: the topic was recreated meanwhile.
        """
        while not self.block and not self.ended:
            self._check()
            await self._fetch()
            self._check()
            if not self.block:
                self.next = self._fetched

    def _check(self) -> None:
        if self._log.topic_id != self._topic_id:
            raise Refused(409, "conflict", f"the topic {self._log.name} was recreated", "Begin again")

    async def _cold(self, start: int, stop: int) -> tuple[list[Entry], int]:
        self._size = min(self._size * 2, MOST_COLD)
        return await self._source.older.read(self._log.name, self._partition, start, stop, self._source.headers)

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
            begin = max(self._stop, at - self._size)
            found, first = await self._cold(begin, at)
            self._fetched = self._stop if begin <= first else begin
        else:
            found, all_found = self._hot(at)
            self._fetched = max(hot, self._stop) if all_found else found[0].offset
        self.block = [entry for entry in found if entry.offset >= self._stop]

    def _hot(self, at: int) -> tuple[list[Entry], bool]:
        """Return the last records in memory before an offset, oldest first, and whether they are all."""
        places = self._source.places(self._partition)
        if places is None:
            found = self._log.before(self._partition, at, HOT)[::-1]
            return found, len(found) < HOT
        end = bisect_left(places, at)
        begin = max(end - HOT, 0)
        named = [self._log.at(self._partition, offset) for offset in places[begin:end]]
        return [entry for entry in named if entry is not None], begin == 0


class Forward(Lane):
    """Oldest first, up to `stop` (exclusive)."""

    def _passed(self, offset: int) -> int:
        return offset + 1

    async def _fetch(self) -> None:
        at, hot = self._fetched, self._log.hot[self._partition]
        if at < hot:
            end = min(hot, self._stop, at + self._size)
            found, first = await self._cold(at, end)
            self._fetched = min(max(end, first), self._stop)
        else:
            found, all_found = self._hot(at)
            self._fetched = self._stop if all_found else min(found[-1].offset + 1, self._stop)
        self.block = [entry for entry in reversed(found) if entry.offset < self._stop]

    def _hot(self, at: int) -> tuple[list[Entry], bool]:
        """Return the first records in memory from an offset on, and whether they are all."""
        places = self._source.places(self._partition)
        if places is None:
            found = self._log.since(self._partition, at, HOT)
            return found, len(found) < HOT
        begin = bisect_left(places, at)
        named = [self._log.at(self._partition, offset) for offset in places[begin : begin + HOT]]
        return [entry for entry in named if entry is not None], begin + HOT >= len(places)
