"""A copy of a leader's state in memory: the newest record of each key, as far as the state topic was read."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aiokafka import TopicPartition

from worker.kafka.backoff import BackOff
from worker.kafka.errors import FAILURES
from worker.kafka.reader import Consumed, Reader, Truncated
from worker.leading.parts import DAMAGED, joined
from worker.leading.records import CHECKSUM, checksum

log = logging.getLogger(__name__)
LOOK = 1.0  # seconds between two looks at the end
MAX_BACKOFF = 10.0


class StateCopy:
    """The copy; a standby keeps it current, so that it has little left to read when it takes over."""

    def __init__(self, topic: str) -> None:
        self._records: dict[str, bytes] = {}  # those of parts, too
        self.reached = False  # whether it was read to an end
        self._tp, self._next = TopicPartition(topic, 0), 0

    @property
    def records(self) -> dict[str, bytes]:
        """The values of the state by key; `DAMAGED` where one is not as it was written."""
        return joined(self._records)

    async def catch_up(self, reader: Reader, stop: int) -> None:
        """Read on up to `stop` (exclusive).

        Raises:
            Truncated, KafkaTimeoutError: as `Reader.batches`.
        """
        async for batch in reader.batches(self._tp, self._next, stop):
            for record in batch:
                self._put(record)
                self._next = record.offset + 1
        self._next = max(self._next, stop)
        self.reached = True

    def _put(self, record: Consumed) -> None:
        name, value = record.key or b"", record.value
        key = name.decode(errors="replace")
        if value is None:
            self._records.pop(key, None)
        else:
            intact = not value or (CHECKSUM, checksum(name, value)) in record.headers
            if not intact:
                log.error("a record of the state is damaged", extra={"key": key, "offset": record.offset})
            self._records[key] = value if intact else DAMAGED

    def forget(self) -> None:
        """Begin anew with the next reading."""
        self._records.clear()
        self._next = 0

    async def follow(self, options: dict[str, Any]) -> None:
        """Keep it current until cancelled."""
        delays = BackOff(LOOK / 10, MAX_BACKOFF)
        while True:
            try:
                async with Reader(options) as reader:
                    while True:
                        await self.catch_up(reader, await reader.leaders.end(self._tp))
                        delays.reset()
                        await asyncio.sleep(LOOK)  # brokers do not notify
            except Truncated as lost:
                log.warning("the state is read again from its beginning", extra={"cause": str(lost)})
                self.forget()
            except FAILURES as error:
                log.warning("the state can't be read", extra={"error": str(error)})
            await asyncio.sleep(delays.next())
