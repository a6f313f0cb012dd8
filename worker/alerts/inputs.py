"""The reader of all sources: every partition from a cut on, without a group."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from worker.alerts.evaluation.records import Record
from worker.kafka.deadline import within
from worker.kafka.errors import OutcomeUnknown, meaning
from worker.kafka.seams import fetch_each_alone, start_consumer, stop_consumer, watch
from worker.telemetry.metrics import METRICS

FETCH_BYTES = 1_048_576
MOST = 5_000  # records of a step
WAIT_MS = 1_000  # of a request that finds nothing


class Sources(NamedTuple):
    """The topics of the sources that the cluster has, and their numbers of partitions."""

    topics: dict[str, str]
    partitions: dict[str, int]

    def tps(self) -> list[TopicPartition]:
        """Return all partitions."""
        return [TopicPartition(topic, at) for name, topic in self.topics.items() for at in range(self.partitions[name])]


class Inputs:
    """The records behind a cut, as they come."""

    def __init__(self, options: dict[str, Any], sources: Sources, cut: Mapping[str, list[int]]) -> None:
        self._sources = {topic: name for name, topic in sources.topics.items()}
        self._places = {tp: cut[self._sources[tp.topic]][tp.partition] for tp in sources.tps()}
        self._consumer = AIOKafkaConsumer(
            **options,
            group_id=None,
            isolation_level="read_committed",
            auto_offset_reset="none",
            enable_auto_commit=False,
            max_partition_fetch_bytes=FETCH_BYTES,
            fetch_max_wait_ms=50,
        )
        self._poll: asyncio.Future[dict[TopicPartition, list[Any]]] | None = None

    async def start(self) -> None:
        """Begin to read.

        Raises:
            KafkaError: no broker answers.
        """
        await start_consumer(self._consumer)
        fetch_each_alone(self._consumer)
        self._consumer.assign(list(self._places))
        for tp, offset in self._places.items():
            self._consumer.seek(tp, offset)

    async def stop(self) -> None:
        """Release the connections."""
        if self._poll is not None:
            await within(0.0, self._poll)
        await stop_consumer(self._consumer)

    async def poll(self, seconds: float, wake: asyncio.Event) -> list[Record]:
        """Return what has come; nothing after a time, or when woken.

        Raises:
            OutcomeUnknown: the topics must be read anew from what is committed.
            AlphapulseError: no retry can help.
        """
        if (ended := watch.ended(self._consumer)) is not None:
            raise OutcomeUnknown(f"a task of the client has ended: {ended}")
        if self._poll is None:
            self._poll = asyncio.ensure_future(self._consumer.getmany(timeout_ms=WAIT_MS, max_records=MOST))
        woken = asyncio.ensure_future(wake.wait())
        ends: set[asyncio.Future[Any]] = {self._poll, woken}
        await asyncio.wait(ends, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        woken.cancel()
        if not self._poll.done():
            return []
        poll, self._poll = self._poll, None
        try:
            found = poll.result()
            await self._tell_lag()
        except OffsetOutOfRangeError as error:
            raise OutcomeUnknown(f"a source has no record at {error.args}") from error
        except KafkaError as error:
            raise meaning(error, "the sources of the alerts") from error
        return [
            Record(self._sources[tp.topic], tp.topic, tp.partition, one.offset, one.timestamp, one.value or b"")
            for tp, records in found.items()
            for one in records
        ]

    async def _tell_lag(self) -> None:
        lags = dict.fromkeys(self._sources.values(), 0)
        for tp in self._places:
            end = self._consumer.last_stable_offset(tp)
            if end is not None:
                lags[self._sources[tp.topic]] += max(end - await self._consumer.position(tp), 0)
        for source, lag in lags.items():
            METRICS.alerts_lag_records.labels(source).set(lag)
