"""The reader of the control topic: to its end before any processing, then for as long as the worker runs."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaTimeoutError

from worker.errors import AlphapulseError, BrokerUnavailable
from worker.kafka.backoff import Attempts, BackOff
from worker.kafka.deadline import within
from worker.kafka.errors import FAILURES, meaning
from worker.kafka.leaders import Leaders
from worker.kafka.reader import PATIENCE, Consumed
from worker.kafka.seams import rest_when_idle, stop_consumer, watch
from worker.kafka.seams.clients import client_of, refresh
from worker.stream.control.table import ControlTable

log = logging.getLogger(__name__)
POLL_MS, FOLLOW_MS = 200, 1_000  # longest wait for a record: on the way to the end, and after it
BACKOFF, MAX_BACKOFF = 0.5, 10.0  # seconds


class Table(Protocol):
    """What takes the records: a `ControlTable`, or what reads them for another purpose."""

    def put(self, record: Consumed) -> None:
        """Take the next record."""

    def __len__(self) -> int:
        """Return the number of records or keys that it holds."""


class ControlFollower:
    """A consumer without a group that applies every record to a control table."""

    def __init__(self, options: dict[str, Any], topic: str, partitions: int, table: Table) -> None:
        self._options, self._topic, self._table = options, topic, table
        self._next = {TopicPartition(topic, partition): 0 for partition in range(partitions)}
        self._consumer = self._new_consumer()

    async def start(self) -> None:
        """Read up to the ends that the partition leaders report: a kill switch must not be missed.

        Raises:
            AlphapulseError: the topic can't be read.
        """
        try:
            await self._connect()
            leaders = Leaders(client_of(self._consumer))
            for tp in self._next:
                await self._read(tp, await leaders.end(tp))
        except FAILURES as error:
            raise self._failure(error) from error
        log.info("control records read", extra={"topic": self._topic, "keys": len(self._table)})

    async def follow(self) -> None:
        """Keep reading until cancelled. While no broker answers, the table stays in force, and grows stale.

        Raises:
            AlphapulseError: the right to read was revoked, or the topic is gone.
        """
        delays = BackOff(BACKOFF, MAX_BACKOFF)
        while True:
            try:
                if ended := watch.ended(self._consumer):
                    await self._replace(ended)
                await self._poll(FOLLOW_MS)
                delays.reset()
            except FAILURES as error:
                failure = meaning(error, self._topic)
                if isinstance(failure, AlphapulseError):
                    raise failure from error
                log.warning("control records can't be read", extra={"topic": self._topic, "error": str(error)})
                await asyncio.sleep(delays.next())  # the broker is away; there is no condition to wait for

    async def stop(self) -> None:
        """Release the connections."""
        await stop_consumer(self._consumer)

    def _new_consumer(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            **self._options,
            group_id=None,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            fetch_max_wait_ms=100,
        )

    async def _connect(self) -> None:
        await self._consumer.start()
        rest_when_idle(self._consumer)
        self._consumer.assign(list(self._next))
        for tp, offset in self._next.items():
            self._consumer.seek(tp, offset)

    async def _replace(self, ended: str) -> None:
        log.warning("the consumer of control records is replaced", extra={"ended": ended})
        await stop_consumer(self._consumer)
        self._consumer = self._new_consumer()
        await self._connect()

    async def _read(self, tp: TopicPartition, end: int) -> None:
        attempts, since, before = Attempts(f"the records of {tp.topic} partition {tp.partition}", 0.05), 0.0, -1
        while (at := await self._consumer.position(tp)) < end:
            since = time.monotonic() if at > before else since
            if time.monotonic() - since > PATIENCE:
                raise KafkaTimeoutError(f"{tp.topic} partition {tp.partition}: nothing came after offset {at}")
            if at == before:  # a stale leader has no more
                await refresh(client_of(self._consumer))
                await attempts.wait("no record came")
            before = at
            await self._poll(POLL_MS)

    async def _poll(self, wait_ms: int) -> None:
        for tp, records in (await self._consumer.getmany(timeout_ms=wait_ms)).items():
            for record in records:
                self._table.put(record)
                self._next[tp] = record.offset + 1

    def _failure(self, error: BaseException) -> AlphapulseError:
        failure = meaning(error, self._topic)
        if isinstance(failure, AlphapulseError):
            return failure
        return BrokerUnavailable(f"{self._topic} can't be read: {error}", "Check the brokers that hold it")


@asynccontextmanager
async def following(
    options: dict[str, Any], topic: str, partitions: int, on_failure: Callable[[BaseException | None], None]
) -> AsyncIterator[ControlTable | None]:
    """Read `topic` to its end, follow it within the block, and yield its table; None if it has no partitions.

    Raises:
        AlphapulseError: the topic can't be read.
    """
    if not partitions:
        log.warning("no control topic is read: the static limits hold")
        yield None
        return
    table = ControlTable()
    reader = ControlFollower(options, topic, partitions, table)
    try:
        await reader.start()
        task = asyncio.create_task(reader.follow(), name="control")
        task.add_done_callback(lambda done: None if done.cancelled() else on_failure(done.exception()))
        try:
            yield table
        finally:
            await within(0.0, task)
    finally:
        await reader.stop()
