"""Records that are no longer in memory, from Kafka."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError

from worker.gateway.log.entry import Entry
from worker.kafka.deadline import within
from worker.kafka.protocol.log_ends import AtTime
from worker.kafka.reader import Reader, Truncated
from worker.telemetry.metrics import METRICS

READERS = 4  # searches that read from Kafka at a time
PATIENCE = 10.0  # seconds without a record
DEADLINE = 5.0  # seconds for a read, or for its turn


class Older:
    """A few readers that searches share; each is one connection to each broker."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        self._free: list[Reader] = []
        self._slots = asyncio.Semaphore(READERS)

    async def start(self) -> None:
        """Begin; readers connect when they are needed."""

    async def stop(self) -> None:
        """Close all readers."""
        while self._free:
            await within(1.0, self._free.pop().__aexit__(None, None, None))

    async def read(
        self, topic: str, partition: int, start: int, stop: int, headers: bool = False
    ) -> tuple[list[Entry], int]:
        """Return the records from `start` to `stop` (exclusive), and the first offset that still exists.

        That offset is told only where there are no such records, else 0.

        Raises:
            KafkaError, TimeoutError: the brokers give no answer.
        """
        METRICS.gateway_older_reads.inc()
        tp, found = TopicPartition(topic, partition), []
        async with self._reader() as reader:
            try:
                async for batch in reader.batches(tp, start, stop):
                    found += [
                        Entry(
                            partition,
                            record.offset,
                            record.timestamp,
                            record.key,
                            record.value,
                            tuple(record.headers) if headers else (),
                        )
                        for record in batch
                        if record.offset >= start
                    ]
            except Truncated as error:
                raise KafkaConnectionError(str(error)) from error
            return found, 0 if found else await reader.leaders.first(tp)

    async def at_time(self, tp: TopicPartition, timestamp: int) -> AtTime | None:
        """Return the first offset with this time, epoch ms, or a later one; None for none.

        Raises:
            KafkaError, TimeoutError: the brokers give no answer.
        """
        async with self._reader() as reader:
            return await reader.leaders.at_time(tp, timestamp)

    @asynccontextmanager
    async def _reader(self) -> AsyncIterator[Reader]:
        async with asyncio.timeout(DEADLINE), self._slots:
            reader = self._free.pop() if self._free else None
            if reader is None:
                reader = await Reader(self._options, patience_s=PATIENCE).__aenter__()
            try:
                yield reader
            except BaseException:
                await within(1.0, reader.__aexit__(None, None, None))
                raise
            self._free.append(reader)
