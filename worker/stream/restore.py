"""Rebuilds a partition's state for exactly one offset. The seam for snapshots: today all of it is replayed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from aiokafka import TopicPartition

from worker.engine.records import Records
from worker.errors import DataError
from worker.stream.crash import crash_point
from worker.stream.reading import Consumed, Reader

SLICE = 5_000  # records between two turns of the event loop: heartbeats run on it
Progress = Callable[[int], None]


class Advances(Protocol):
    """What restore needs of an engine."""

    def advance(self, records: Records) -> None:
        """Process without building outputs."""


def to_records(records: list[Consumed]) -> Records:
    """The engine's view of consumed records."""
    return Records([r.key for r in records], [r.value for r in records], [r.timestamp for r in records])


async def replay(
    tp: TopicPartition, engine: Advances, start: int, stop: int, options: dict[str, Any], progress: Progress
) -> None:
    """Run input offsets `start` to `stop` (exclusive) through the engine with its outputs suppressed.

    Raises:
        DataError: retention has deleted records that the state needs.
    """
    if start >= stop:
        return
    async with Reader(options) as reader:
        first, _ = await reader.bounds(tp)
        if first > start:
            raise DataError(
                f"{tp.topic} partition {tp.partition} begins at offset {first}, "
                f"but the group's state needs the records from {start} on",
                f"Set retention.ms=-1 on {tp.topic}; to begin anew use another processing.group",
            )
        async for records in reader.batches(tp, start, stop):
            await _advance(engine, records, progress)


async def _advance(engine: Advances, records: list[Consumed], progress: Progress) -> None:
    for start in range(0, len(records), SLICE):
        part = records[start : start + SLICE]
        engine.advance(to_records(part))
        progress(part[-1].offset + 1)
        crash_point("restoring")
        await asyncio.sleep(0)
