"""Reads a partition's committed records up to a fixed end, without a group."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, TypeAlias

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from worker.engine.raw import RawRecords
from worker.stream.consumed import as_raw
from worker.stream.seams import stop_consumer

Consumed: TypeAlias = "ConsumerRecord[bytes, bytes]"


class Reader:
    """A consumer without a group; joins nothing and disturbs nobody."""

    def __init__(self, options: dict[str, Any], isolation: str = "read_committed") -> None:
        self._consumer = AIOKafkaConsumer(
            **options,
            group_id=None,
            isolation_level=isolation,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            max_partition_fetch_bytes=4 * 1024 * 1024,
            # The broker answers one request of a connection at a time: look-ups would wait behind an idle fetch.
            fetch_max_wait_ms=20,
        )

    async def __aenter__(self) -> Reader:
        await self._consumer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await stop_consumer(self._consumer)

    async def bounds(self, tp: TopicPartition) -> tuple[int, int]:
        """(first offset, end) now; the end is the last stable offset, or the high watermark for read_uncommitted."""
        first = (await self._consumer.beginning_offsets([tp]))[tp]
        return first, (await self._consumer.end_offsets([tp]))[tp]

    async def may_read(self, tp: TopicPartition) -> None:
        """Fetch once where nothing lies: only a fetch shows that the right to read is there.

        Raises:
            TopicAuthorizationFailedError: it is not.
        """
        _, end = await self.bounds(tp)
        self._consumer.assign([tp])
        self._consumer.seek(tp, end)
        while self._consumer.highwater(tp) is None:
            await self._consumer.getmany(tp, timeout_ms=20)

    async def batches(
        self, tp: TopicPartition, start: int | None = None, stop: int | None = None
    ) -> AsyncIterator[list[Consumed]]:
        """Records from `start` (else the first) to `stop` (exclusive, else the end at the time of the call).

        Waits for open transactions that lie before `stop`.
        """
        async for records, end in self._fetched(tp, start, stop):
            inside = [record for record in records if record.offset < end]
            if inside:
                yield inside

    async def raw(
        self, tp: TopicPartition, start: int | None = None, stop: int | None = None
    ) -> AsyncIterator[RawRecords]:
        """The same as `RawRecords`; made of whole record sets when the options carry `UNDECODED`."""
        async for fetched, end in self._fetched(tp, start, stop):
            for records in as_raw(fetched):
                inside = records.where(records.rows["offset"] < end)
                if len(inside):
                    yield inside

    async def _fetched(
        self, tp: TopicPartition, start: int | None, stop: int | None
    ) -> AsyncIterator[tuple[list[Any], int]]:
        first, end = await self.bounds(tp)
        stop = end if stop is None else stop
        if max(first, start or 0) >= stop:
            return
        self._consumer.assign([tp])
        self._consumer.seek(tp, first if start is None else max(start, first))
        while await self._consumer.position(tp) < stop:
            for records in (await self._consumer.getmany(tp, timeout_ms=200)).values():
                yield records, stop


async def high_watermarks(options: dict[str, Any], tps: list[TopicPartition]) -> dict[TopicPartition, int]:
    """End offset of each partition, open transactions included.

    The group's offset can be visible before the outputs of the same transaction are: their markers are written one by
    one. Reading up to this end waits for them.
    """
    async with Reader(options, "read_uncommitted") as reader:
        return {tp: (await reader.bounds(tp))[1] for tp in tps}
