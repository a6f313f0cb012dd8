"""The reader of one topic: fills its log from the newest part on, then follows it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaConnectionError, KafkaError, OffsetOutOfRangeError

from worker.gateway.log.entry import Entry
from worker.gateway.log.held import ROW
from worker.gateway.log.topic_log import TopicLog
from worker.kafka.backoff import Attempts
from worker.kafka.leaders import Leaders
from worker.kafka.protocol.codes import name
from worker.kafka.seams import fetch_each_alone, start_consumer, stop_consumer, watch
from worker.kafka.seams.clients import client_of
from worker.telemetry.metrics import METRICS

log = logging.getLogger(__name__)
POLL_MS = 500
SAMPLE = 64  # offsets from the end that tell how large the records of a partition are
# The client library raises a bare AssertionError in a task that has failed before.
LOST = (KafkaError, OSError, TimeoutError, AssertionError)


class Follower:
    """Works until it is cancelled; whatever the brokers do, it tries again."""

    def __init__(
        self, options: dict[str, Any], topic: TopicLog, budget: int, headers: bool, trim: Callable[[], None]
    ) -> None:
        """Fill `topic` with about `budget` bytes (0: from the first record on); `trim` keeps all within their limit."""
        self._options, self._topic, self._budget = options, topic, budget
        self._headers, self._trim = headers, trim

    async def run(self) -> None:
        """Follow the topic, and its successor where it is recreated."""
        attempts = Attempts(f"records of {self._topic.name}", 0.1, 2.0)
        fresh = True
        while True:
            try:
                consumer = self._consumer()
                await start_consumer(consumer)
                try:
                    if fresh:
                        await self._begin(consumer)
                        fresh = False
                    await self._follow(consumer, attempts)
                finally:
                    await stop_consumer(consumer)
            except OffsetOutOfRangeError as error:
                # Retention or truncation has passed what was read, or it is another topic: what is in memory does not
                # join what comes.
                log.warning("began anew", extra={"topic": self._topic.name, "cause": str(error)})
                fresh = True
                await attempts.wait(str(error))
            except LOST as error:
                await attempts.wait(f"{type(error).__name__} {error}")

    def _consumer(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            **self._options,
            group_id=None,
            isolation_level="read_committed",
            auto_offset_reset="none",
            enable_auto_commit=False,
            max_partition_fetch_bytes=1_048_576,
            fetch_max_wait_ms=POLL_MS,
        )

    def _tps(self, partitions: int) -> list[TopicPartition]:
        return [TopicPartition(self._topic.name, partition) for partition in range(partitions)]

    async def _begin(self, consumer: AIOKafkaConsumer) -> None:
        leaders, starts, goals, whole = Leaders(client_of(consumer)), [], [], True
        topic = (await leaders.topics((self._topic.name,)))[self._topic.name]
        if topic.error_code:
            raise KafkaConnectionError(f"{self._topic.name}: {name(topic.error_code)}")
        partitions = len(topic.leaders)
        share = self._budget // max(partitions, 1)
        for tp in self._tps(partitions):
            first, end = await leaders.first(tp), await leaders.end(tp)
            starts.append(await self._start(consumer, tp, first, end, share))
            goals.append(end)
            whole = whole and starts[-1] == first
        self._topic.begin(topic.id, starts, goals, whole)

    async def _start(self, consumer: AIOKafkaConsumer, tp: TopicPartition, first: int, end: int, share: int) -> int:
        """Return the offset from which on about `share` bytes lie."""
        sample = max(first, end - SAMPLE)
        if not share or sample == first:
            return first
        consumer.assign([tp])
        consumer.seek(tp, sample)
        size = 0
        deadline = time.monotonic() + 30.0
        while await consumer.position(tp) < end:
            if time.monotonic() > deadline:
                raise KafkaConnectionError(f"{tp.topic} partition {tp.partition}: no record comes")
            for records in (await consumer.getmany(tp, timeout_ms=POLL_MS)).values():
                size += sum(len(record.value or b"") + ROW for record in records)
        return max(first, end - int(share / max(size / (end - sample), 1.0)))

    async def _follow(self, consumer: AIOKafkaConsumer, attempts: Attempts) -> None:
        tps = self._tps(self._topic.partitions)
        fetch_each_alone(consumer)
        consumer.assign(tps)
        for tp, end in zip(tps, self._topic.ends, strict=True):
            consumer.seek(tp, end)
        read = METRICS.gateway_records_read.labels(self._topic.name)
        while True:
            if (ended := watch.ended(consumer)) is not None:
                raise KafkaConnectionError(f"a task of the client has ended: {ended}")
            found = await consumer.getmany(*tps, timeout_ms=POLL_MS)
            entries = [self._entry(record) for records in found.values() for record in records]
            ends = [await consumer.position(tp) for tp in tps]
            self._topic.took(entries, ends)
            if entries:
                read.inc(len(entries))
                self._trim()
            stamps = [consumer.last_poll_timestamp(tp) for tp in tps]
            if stamps and None not in stamps:
                self._topic.answered(max(time.time() - min(stamps) / 1000, 0.0))
                attempts.worked()

    def _entry(self, record: Any) -> Entry:
        headers = tuple(record.headers) if self._headers else ()
        return Entry(record.partition, record.offset, record.timestamp, record.key, record.value, headers)
