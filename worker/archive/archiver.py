"""The archive in the hands of one member: from the tables' positions on, record after record, commit after commit."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from aiokafka import TopicPartition

from worker.archive.owned import Owned
from worker.archive.sink import Conflict, Sink, StoreUnavailable
from worker.archive.turn import Turns
from worker.errors import DataError
from worker.kafka.backoff import BackOff
from worker.kafka.errors import OutcomeUnknown
from worker.kafka.leaders import Leaders
from worker.kafka.records.columns import as_raw
from worker.settings.archive import ArchiveSettings
from worker.stream.failpoints import failpoint
from worker.stream.litter import collect_soon
from worker.telemetry.metrics import METRICS

log = logging.getLogger(__name__)
T = TypeVar("T")
LOOK = 0.1  # seconds
SHORT = 4  # so much earlier a commit is due while memory is short: upkeep takes some, or failed attempts kept some
LEAST, MOST = 0.2, 20.0  # seconds between two attempts while the store is away


class Archiver:
    """One ownership. It works in threads of its own, so that the member goes on polling while a store is slow."""

    def __init__(
        self,
        settings: ArchiveSettings,
        sinks: Sequence[Sink],
        assigned: set[TopicPartition],
        turns: Turns | None = None,
    ) -> None:
        self.assigned = frozenset(assigned)
        self._turns = turns or Turns()  # of commits and upkeep
        self._settings = settings
        parts = {sink: [tp.partition for tp in assigned if tp.topic == sink.kind.topic] for sink in sinks}
        self._tables = {sink.kind.topic: Owned(sink, own) for sink, own in parts.items() if own}
        # A thread that hangs in a store outlives its ownership; the next one has its own.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="archive")
        self.opened = False  # the owner seeks what `open` found, then sets it
        self.working = False  # committing: nothing more may be read meanwhile
        self.store_ok = True
        self._catching_up = False  # the store was away, and rows still come faster than they are written
        self._halted = self._closed = False
        self._ended = asyncio.Event()
        self._ended.set()

    async def open(self, leaders: Leaders) -> dict[TopicPartition, int]:
        """Read the tables' positions, and return where to read on.

        Raises:
            DataError: the topic no longer has the next record.
            AlphapulseError: no retry can help.
            KafkaError: the topic can't be looked at now.
        """
        found: dict[TopicPartition, int] = {}
        for topic, table in self._tables.items():
            kept = await self._until_answered(table.load, topic)
            starts = {p: await start(leaders, TopicPartition(topic, p), position) for p, position in kept.items()}
            table.begin(starts)
            found |= {TopicPartition(topic, p): offset for p, offset in starts.items()}
        return found

    async def take(
        self, found: Mapping[TopicPartition, list[Any]], spans: Mapping[TopicPartition, tuple[int, int]]
    ) -> None:
        """Encode what was read; `spans` are the positions before and after it.

        Raises:
            OutcomeUnknown, AlphapulseError: as `Owned.take`.
        """
        for tp, (begun, position) in spans.items():
            if begun != position:
                table, fetched = self._tables[tp.topic], as_raw(found.get(tp, []))
                await self._in_thread(partial(table.take, tp.partition, fetched, begun, position))
        METRICS.archive_pending_bytes.set(self._bytes())

    @property
    def due(self) -> bool:
        """Whether it is time to commit."""
        waiting = [table.since for table in self._tables.values() if table.pending]
        if not waiting:
            return False
        return self._full or time.monotonic() - min(waiting) >= self._settings.commit_interval_ms / 1000

    @property
    def _full(self) -> bool:
        most = self._settings.commit_bytes // (SHORT if self._turns.shared or self._catching_up else 1)
        rows = sum(table.pending.rows for table in self._tables.values())
        return self._bytes() >= most or rows >= self._settings.commit_rows

    def patience(self) -> float:
        """Return the seconds after which to look whether a commit is due."""
        return min(self._settings.commit_interval_ms / 1000, LOOK)

    def _bytes(self) -> int:
        return sum(table.pending.bytes for table in self._tables.values())

    async def commit(self) -> dict[TopicPartition, int]:
        """Commit all tables; return the partitions that must be read from elsewhere, as another member went on.

        Raises:
            AlphapulseError: no retry can help.
        """
        self.working = True
        self._catching_up = self._catching_up and self._full
        self._ended.clear()
        moved: dict[TopicPartition, int] = {}
        try:
            for topic, table in self._tables.items():
                ahead = await self._committed(table)
                moved |= {TopicPartition(topic, p): offset for p, offset in ahead.items()}
        finally:
            self.working = False
            self._ended.set()
        METRICS.archive_pending_bytes.set(self._bytes())
        collect_soon()  # the C library would keep what the commit took
        return moved

    async def _committed(self, table: Owned) -> dict[int, int]:
        """Commit a table for as long as it takes, and what is there only once."""
        delays, moved, sure = BackOff(LEAST, MOST), dict[int, int](), True
        while True:
            try:
                if not sure:
                    moved |= await self._in_thread(table.settle)
                    sure = True
                await self._in_thread(partial(self._commit_in_turn, table))
                self._store_answers()
                return moved
            except Conflict as conflict:
                METRICS.archive_commits.labels("conflict").inc()
                log.warning("commit refused", extra={"table": table.sink.kind.name, "cause": str(conflict)})
            except StoreUnavailable as away:
                self._store_fails(table.sink.kind.name, away)
            if self._halted:
                return moved
            sure = False
            await asyncio.sleep(delays.next())  # a store does not notify

    def _commit_in_turn(self, table: Owned) -> None:
        with self._turns.taken():
            table.commit()

    async def _until_answered(self, work: Callable[[], T], topic: str) -> T:
        delays = BackOff(LEAST, MOST)
        while True:
            try:
                found = await self._in_thread(work)
                self._store_answers()
                return found
            except (StoreUnavailable, Conflict) as away:
                self._store_fails(topic, away)
            await asyncio.sleep(delays.next())  # a store does not notify

    def _store_answers(self) -> None:
        if not self.store_ok:
            log.info("the store answers again")
        self.store_ok = True

    def _store_fails(self, what: str, cause: Exception) -> None:
        self.store_ok, self._catching_up = False, True
        METRICS.archive_commits.labels("unknown").inc()
        log.warning("the store fails", extra={"for": what, "cause": str(cause)})

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._closed:
            raise OutcomeUnknown("this ownership has ended")  # its records are read again by the next one
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def positions(self) -> dict[TopicPartition, int]:
        """Return what the tables hold, by partition."""
        kept = ((topic, p, at) for topic, table in self._tables.items() for p, at in table.kept.items())
        return {TopicPartition(topic, p): at for topic, p, at in kept if at is not None}

    async def finish(self) -> None:
        """Commit what waits, by one attempt; what it does not achieve is left to the next owner.

        Raises:
            AlphapulseError: no retry can help.
        """
        self._halted = True
        await self._ended.wait()
        if self._bytes():
            failpoint("archive_finishing")
            await self.commit()

    def close(self) -> None:
        """Let the thread end; what is still to do for this ownership fails with OutcomeUnknown."""
        self._closed = True
        self._thread.shutdown(wait=False)  # what has begun ends; its future is awaited


async def start(leaders: Leaders, tp: TopicPartition, position: int | None) -> int:
    """Return the offset to read a partition from: its position in the table, else its first one.

    Raises:
        DataError: the topic does not have this offset, and is not at its end.
        KafkaError: no leader answers.
    """
    first, end = await asyncio.gather(leaders.first(tp), leaders.end(tp, committed=False))
    if position is None:
        return first
    where = f"{tp.topic} partition {tp.partition}"
    if position < first:
        raise DataError(
            f"{where} begins at {first}, but the archive goes on at {position}: retention has deleted "
            f"{first - position} offsets that were never archived",
            f"Archive into another archive.url to begin anew at {first}, and raise the retention of {tp.topic}",
        )
    if position > end:
        raise DataError(
            f"{where} ends at {end}, but the archive holds it up to {position}: committed records are gone",
            f"Restore {tp.topic}; to archive what is written to it now, use another archive.url",
        )
    return position
