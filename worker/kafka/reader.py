"""Reader of a partition's records up to a fixed end, without a group."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any, TypeAlias

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaTimeoutError, OffsetOutOfRangeError

from worker.engine.records.raw import RawRecords
from worker.kafka.backoff import Attempts
from worker.kafka.leaders import Leaders
from worker.kafka.records.columns import as_raw
from worker.kafka.seams import start_consumer, stop_consumer
from worker.kafka.seams.clients import client_of, refresh

Consumed: TypeAlias = "ConsumerRecord[bytes, bytes]"
POLL_MS = 200
PATIENCE = 30.0  # seconds without a record, despite new look-ups of the leader


class Truncated(Exception):
    """The partition ends at `end`, before `needed`: records were lost."""

    def __init__(self, tp: TopicPartition, needed: int, end: int) -> None:
        super().__init__(f"{tp.topic} partition {tp.partition} ends at {end}, before {needed}")
        self.tp, self.needed, self.end = tp, needed, end


class Reader:
    """A consumer without a group: it joins nothing and causes no rebalance."""

    def __init__(
        self, options: dict[str, Any], isolation: str = "read_committed", patience_s: float = PATIENCE
    ) -> None:
        self._committed, self._patience = isolation == "read_committed", patience_s
        self._consumer = AIOKafkaConsumer(
            **options,
            group_id=None,
            isolation_level=isolation,
            # Never reset automatically: records would be read twice or skipped.
            auto_offset_reset="none",
            enable_auto_commit=False,
            max_partition_fetch_bytes=4 * 1024 * 1024,
            # A broker answers one request per connection at a time: look-ups would wait behind an idle fetch.
            fetch_max_wait_ms=20,
        )
        self.leaders = Leaders(client_of(self._consumer))

    async def __aenter__(self) -> Reader:
        await start_consumer(self._consumer)
        return self

    async def __aexit__(self, *_: object) -> None:
        await stop_consumer(self._consumer)

    async def bounds(self, tp: TopicPartition) -> tuple[int, int]:
        """Return (first offset, end) now.

        The end is the last stable offset, or the high watermark for read_uncommitted.

        Raises:
            KafkaError: no leader answers.
        """
        first, end = await asyncio.gather(self.leaders.first(tp), self.leaders.end(tp, self._committed))
        return first, end

    async def may_read(self, tp: TopicPartition) -> None:
        """Fetch once at the end offset: only a fetch proves READ permission.

        Raises:
            TopicAuthorizationFailedError: the permission is missing.
            KafkaTimeoutError: no fetch succeeds within the reader's patience.
        """
        _, end = await self.bounds(tp)
        self._consumer.assign([tp])
        self._consumer.seek(tp, end)
        begun = time.monotonic()
        while self._consumer.highwater(tp) is None:
            if time.monotonic() - begun >= self._patience:
                raise KafkaTimeoutError(f"{tp.topic} partition {tp.partition}: no fetch succeeds")
            await self._consumer.getmany(tp, timeout_ms=20)

    async def batches(
        self, tp: TopicPartition, start: int | None = None, stop: int | None = None
    ) -> AsyncIterator[list[Consumed]]:
        """Yield records from `start` (else the first) to `stop` (exclusive, else the end at the time of the call).

        Waits for open transactions before `stop`.

        Raises:
            Truncated: the partition ends before `stop`.
            KafkaTimeoutError: no record arrived within the reader's patience.
        """
        async for records, end in self._fetched(tp, start, stop):
            inside = [record for record in records if record.offset < end]
            if inside:
                yield inside

    async def raw(
        self, tp: TopicPartition, start: int | None = None, stop: int | None = None
    ) -> AsyncIterator[RawRecords]:
        """Yield the same as `RawRecords`, of whole record sets when the options carry `UNDECODED`."""
        async for fetched, end in self._fetched(tp, start, stop):
            for records in as_raw(fetched):
                inside = records.where(records.rows["offset"] < end)
                if len(inside):
                    yield inside

    async def _fetched(
        self, tp: TopicPartition, start: int | None, stop: int | None
    ) -> AsyncIterator[tuple[list[Any], int]]:
        first, stop = await self.bounds(tp) if stop is None else (await self.leaders.first(tp), stop)
        at = max(first, start or 0)
        if at >= stop:
            return
        self._consumer.assign([tp])
        self._consumer.seek(tp, at)
        attempts, since = Attempts(f"records of {tp.topic} partition {tp.partition}", 0.05), time.monotonic()
        while at < stop:
            try:
                found = await self._consumer.getmany(tp, timeout_ms=POLL_MS)
            except OffsetOutOfRangeError:  # retention, truncation or a former leader: only the first offset tells
                found = {}
                at = max(at, await self.leaders.first(tp))
                self._consumer.seek(tp, at)
            for records in found.values():
                yield records, stop
            before, at = at, await self._consumer.position(tp)
            if at > before:
                since = time.monotonic()
                attempts.worked()
            else:
                await self._stalled(tp, at, stop, since)
                await attempts.wait("no record came")

    async def _stalled(self, tp: TopicPartition, at: int, stop: int, since: float) -> None:
        """Look the leader up again; after the reader's patience raise the cause."""
        await refresh(client_of(self._consumer))
        if time.monotonic() - since < self._patience:
            return
        if (end := await self.leaders.end(tp, committed=False)) < stop:
            raise Truncated(tp, stop, end)
        where = f"{tp.topic} partition {tp.partition}"
        raise KafkaTimeoutError(f"{where}: nothing came after offset {at}, an open transaction may hold it back")


async def high_watermarks(options: dict[str, Any], tps: list[TopicPartition]) -> dict[TopicPartition, int]:
    """Return the end offset of each partition, open transactions included.

    A group's offset can become visible before the outputs of the same transaction, since the markers are written one
    by one. Reading up to this end waits for them.
    """
    async with Reader(options, "read_uncommitted") as reader:
        return {tp: (await reader.bounds(tp))[1] for tp in tps}
