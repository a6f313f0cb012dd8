"""Reads a partition's committed records up to a fixed end, without a group."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, TypeAlias

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

Consumed: TypeAlias = "ConsumerRecord[bytes, bytes]"


class Reader:
    """A group-less read_committed consumer; joins nothing and disturbs nobody."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._consumer = AIOKafkaConsumer(
            **options,
            group_id=None,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            max_partition_fetch_bytes=4 * 1024 * 1024,
        )

    async def __aenter__(self) -> Reader:
        await self._consumer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def bounds(self, tp: TopicPartition) -> tuple[int, int]:
        """(first offset, last stable offset) now."""
        first = (await self._consumer.beginning_offsets([tp]))[tp]
        return first, (await self._consumer.end_offsets([tp]))[tp]

    async def batches(
        self, tp: TopicPartition, start: int | None = None, stop: int | None = None
    ) -> AsyncIterator[list[Consumed]]:
        """Records from `start` (else the first) to `stop` (exclusive, else the end at the time of the call)."""
        first, end = await self.bounds(tp)
        stop = end if stop is None else min(stop, end)
        self._consumer.assign([tp])
        self._consumer.seek(tp, first if start is None else max(start, first))
        while await self._consumer.position(tp) < stop:
            for records in (await self._consumer.getmany(tp, timeout_ms=200)).values():
                inside = [record for record in records if record.offset < stop]
                if inside:
                    yield inside
