"""The reader of decisions: all partitions from a cut on, without a group."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from worker.kafka.deadline import within
from worker.kafka.errors import OutcomeUnknown, meaning
from worker.kafka.leaders import Leaders
from worker.kafka.records.columns import as_raw
from worker.kafka.seams import fetch_each_alone, start_consumer, stop_consumer, watch
from worker.kafka.seams.clients import client_of
from worker.kafka.seams.fast.fetching import decoding
from worker.monitoring.backlog import Backlog
from worker.telemetry.metrics import METRICS

log = logging.getLogger(__name__)
FETCH_BYTES = 1_048_576
LOOK = 5.0  # seconds between two looks at the ends, as the leaders tell them
NONE = b""  # no decision: counted as unreadable


class Decisions:
    """What it reads goes to its backlog."""

    def __init__(
        self,
        options: dict[str, Any],
        topic: str,
        cut: Sequence[int],
        lag_seconds: float,
        settle_seconds: float,
        fast: bool = True,
    ) -> None:
        """Create the reader; `fast` decodes records without an object each."""
        self.backlog = Backlog(len(cut), lag_seconds, settle_seconds)
        self._topic, self._lag = topic, lag_seconds
        self._cut = {TopicPartition(topic, partition): offset for partition, offset in enumerate(cut)}
        self._consumer = AIOKafkaConsumer(
            **options,
            **decoding(fast),
            group_id=None,
            isolation_level="read_committed",
            auto_offset_reset="none",
            enable_auto_commit=False,
            max_partition_fetch_bytes=FETCH_BYTES,
            fetch_max_wait_ms=50,
        )
        self._looking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to read at the cut.

        Raises:
            KafkaError: no broker answers.
        """
        await start_consumer(self._consumer)
        fetch_each_alone(self._consumer)
        self._consumer.assign(list(self._cut))
        for tp, offset in self._cut.items():
            self._consumer.seek(tp, offset)
        self._looking = asyncio.create_task(self._look(), name="ends of decisions")

    async def stop(self) -> None:
        """Release the connections."""
        if self._looking is not None:
            await within(0.0, self._looking)
        for tp in self._cut:
            METRICS.forget_partition(tp.partition)
        await stop_consumer(self._consumer)

    async def poll(self, seconds: float) -> None:
        """Read what comes within a time, of the partitions of which little is in memory.

        Raises:
            OutcomeUnknown: they must be read anew from what is committed.
            AlphapulseError: no retry can help.
        """
        if (ended := watch.ended(self._consumer)) is not None:
            raise OutcomeUnknown(f"a task of the client has ended: {ended}")
        named = [TopicPartition(self._topic, partition) for partition in self.backlog.wanting()]
        try:
            found = await self._consumer.getmany(*named, timeout_ms=round(seconds * 1000)) if named else {}
            for tp in named:
                self._took(tp, found.get(tp, []), await self._consumer.position(tp))
        except OffsetOutOfRangeError as error:
            raise OutcomeUnknown(f"{self._topic} has no record at {error.args}") from error
        except KafkaError as error:
            raise meaning(error, self._topic) from error

    def _took(self, tp: TopicPartition, fetched: list[Any], position: int) -> None:
        records = [
            (offset, raw.value(row) or NONE)
            for raw in as_raw(fetched)
            for row, offset in enumerate(raw.rows["offset"].tolist())
        ]
        end = self._consumer.last_stable_offset(tp)
        self.backlog.took(tp.partition, records, position, end)
        if end is not None:
            METRICS.consumer_lag_records.labels(tp.partition).set(
                max(end - position, 0) + self.backlog.size(tp.partition)
            )

    async def _look(self) -> None:
        leaders = Leaders(client_of(self._consumer))
        while True:
            asked, partitions = time.monotonic(), self.backlog.unknown()
            ends = (leaders.end(TopicPartition(self._topic, partition)) for partition in partitions)
            for partition, end in zip(partitions, await asyncio.gather(*ends, return_exceptions=True), strict=True):
                if isinstance(end, int):
                    self.backlog.told(partition, end, asked)
                else:
                    log.warning("no end is told", extra={"partition": partition, "error": str(end)})
            await asyncio.sleep(min(LOOK, self._lag / 4))  # brokers do not notify
