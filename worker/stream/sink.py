"""Where a batch's outputs go: one transaction with the input offset, or acknowledged records and then the offset."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from itertools import chain
from typing import Any, NamedTuple, Protocol, TypeAlias

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.structs import OffsetAndMetadata

from worker.errors import AlphapulseError
from worker.stream.crash import crash_point
from worker.stream.failures import FAILURES, SendFailed, meaning
from worker.stream.seams import pinned
from worker.stream.shared import STOP_TIMEOUT, Clients, Shared, quietly_stop
from worker.stream.transactions import TransactionalProducer, TransactionsTooOld

Header = tuple[str, bytes]


class Output(NamedTuple):
    """One record to publish; its partition is the input's."""

    topic: str
    key: bytes | None
    value: bytes | None
    timestamp_ms: int
    headers: Sequence[Header]


class Batch(Protocol):
    """A finished record batch, as `AIOKafkaProducer.send_batch` takes it."""

    def record_count(self) -> int:
        """Records in it."""

    def close(self) -> None:
        """Nothing can be added any more."""

    def _build(self) -> bytes | bytearray | memoryview: ...


class Prepared(NamedTuple):
    """Records to publish that are a batch already."""

    topic: str
    batch: Batch


Outputs: TypeAlias = "Iterable[Output | Prepared]"


class Sink(Protocol):
    """Publishes the outputs of one input partition together with its offset."""

    async def start(self) -> None:
        """Take the partition over from whoever wrote to it before."""

    async def deliver(self, outputs: Outputs, snapshots: Iterable[Output], next_offset: int, metadata: str) -> None:
        """Publish the outputs and the snapshots and commit `next_offset`.

        Raises:
            Fenced: the partition has a new owner; nothing was committed.
            OutcomeUnknown: the broker's answer was lost.
            AlphapulseError: no retry can help; nothing was committed.
        """

    async def stop(self) -> None:
        """Release connections; never waits longer than its deadline."""


async def _send(producer: Any, outputs: Outputs, partition: int) -> None:
    """Send in full batches and wait for every acknowledgement: commit would not report a failed send."""
    pending: list[tuple[str, asyncio.Future[Any]]] = []
    builders: dict[str, Any] = {}
    for output in outputs:
        if isinstance(output, Prepared):
            pending.append((output.topic, await _submit(producer, output.batch, output.topic, partition)))
            crash_point("first_sent")
            continue
        builder = builders.get(output.topic) or builders.setdefault(output.topic, producer.create_batch())
        fields = {
            "key": output.key,
            "value": output.value,
            "timestamp": output.timestamp_ms,
            "headers": list(output.headers),
        }
        if builder.append(**fields) is None:
            pending.append((output.topic, await _submit(producer, builder, output.topic, partition)))
            builders[output.topic] = builder = producer.create_batch()
            builder.append(**fields)
    for topic, builder in builders.items():
        pending.append((topic, await _submit(producer, builder, topic, partition)))
        crash_point("first_sent")
    results = await asyncio.gather(*(future for _, future in pending), return_exceptions=True)
    for (topic, _), result in zip(pending, results, strict=True):
        if isinstance(result, BaseException):
            raise SendFailed(topic) from result


async def _submit(producer: Any, builder: Any, topic: str, partition: int) -> asyncio.Future[Any]:
    builder.close()
    return await producer.send_batch(builder, topic, partition=partition)  # type: ignore[no-any-return]


class TransactionalSink:
    """Exactly once: one transactional producer a partition, so that a new owner fences the old one."""

    def __init__(self, tp: TopicPartition, group: str, clients: Clients, timeout_ms: int, fast: bool) -> None:
        """`fast` = by the transactions of Kafka 4 where the cluster has them."""
        self._tp, self._group, self._clients, self._fast = tp, group, clients, fast and pinned.known()
        self._deadline = timeout_ms / 1000
        self._named: dict[str, Any] = {
            "transactional_id": f"{group}-{tp.topic}-{tp.partition}",
            "transaction_timeout_ms": timeout_ms,
            # The broker answers the first request of a transaction with a retriable error while the last one ends.
            "retry_backoff_ms": 10,
        }
        self._producer: AIOKafkaProducer | TransactionalProducer | None = None

    async def start(self) -> None:
        clients = self._clients
        if self._fast:
            self._producer = TransactionalProducer(clients.options, max_batch_size=clients.batch_bytes, **self._named)
            try:
                await self._producer.start()
            except TransactionsTooOld:
                await quietly_stop(self._producer)
            else:
                return
        self._producer = AIOKafkaProducer(**clients.producing, **self._named)
        await self._producer.start()

    async def deliver(self, outputs: Outputs, snapshots: Iterable[Output], next_offset: int, metadata: str) -> None:
        try:
            async with asyncio.timeout(self._deadline):
                await self._transaction(chain(outputs, snapshots), {self._tp: OffsetAndMetadata(next_offset, metadata)})
        except FAILURES as error:
            failure = meaning(error, self._tp.topic)
            if isinstance(failure, AlphapulseError):
                await self._abort()
            raise failure from error

    async def _transaction(self, outputs: Outputs, offsets: dict[TopicPartition, OffsetAndMetadata]) -> None:
        producer = self._producer
        assert producer is not None
        await producer.begin_transaction()
        crash_point("begun")
        await _send(producer, outputs, self._tp.partition)
        crash_point("acknowledged")
        await producer.send_offsets_to_transaction(offsets, self._group)
        crash_point("offsets_sent")
        await producer.commit_transaction()

    async def _abort(self) -> None:
        assert self._producer is not None
        try:
            async with asyncio.timeout(STOP_TIMEOUT):
                await self._producer.abort_transaction()
        except FAILURES:
            return  # the next producer with this id, or the transaction's timeout, aborts it

    async def stop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await quietly_stop(producer)


class AcknowledgedSink:
    """At least once: every record acknowledged by all replicas, then, not necessarily at once, the offset."""

    def __init__(self, tp: TopicPartition, shared: Shared, timeout_ms: int) -> None:
        self._tp, self._shared = tp, shared
        self._deadline = timeout_ms / 1000
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        self._producer = await self._shared.producer.acquire()

    async def deliver(self, outputs: Outputs, snapshots: Iterable[Output], next_offset: int, metadata: str) -> None:
        await self.publish(outputs)
        async with self._acknowledged():
            # A snapshot says that its symbol's outputs are there: never before they are.
            await _send(self._producer, snapshots, self._tp.partition)
            await self._shared.commits.commit(self._tp, OffsetAndMetadata(next_offset, metadata))

    async def publish(self, outputs: Outputs) -> None:
        """Publish the outputs alone: a later `deliver` commits their offset.

        Raises:
            Fenced, OutcomeUnknown, AlphapulseError: as `deliver`.
        """
        async with self._acknowledged():
            await _send(self._producer, outputs, self._tp.partition)

    @asynccontextmanager
    async def _acknowledged(self) -> AsyncIterator[None]:
        assert self._producer is not None
        try:
            async with asyncio.timeout(self._deadline):
                yield
        except FAILURES as error:
            self._shared.producer.discard(self._producer)
            raise meaning(error, self._tp.topic) from error

    async def stop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await self._shared.producer.release(producer)
