"""The sinks of outputs: one transaction with the input offset, or acknowledged records, then the offset."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from itertools import chain
from types import TracebackType
from typing import Any, NamedTuple, Protocol

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from worker.errors import AlphapulseError
from worker.kafka.alarms import timeout
from worker.kafka.errors import FAILURES, SendFailed, meaning, within_deadline
from worker.kafka.producers import STOP_TIMEOUT, Clients, Producer, Shared, SharedProducer, quietly_stop
from worker.kafka.protocol.offsets import Position
from worker.kafka.records.outputs import Output, Outputs, Prepared
from worker.kafka.transactions import TransactionalProducer
from worker.settings import Settings
from worker.stream.failpoints import failpoint
from worker.stream.state.checkpoint import Checkpoint, Opened
from worker.stream.state.records import BARRIER


class Commit(NamedTuple):
    """The input offset to commit, with its leader epoch and checkpoint."""

    offset: int
    epoch: int  # of the leader that wrote the last record before it; -1 = unknown
    checkpoint: Checkpoint


class Sink(Protocol):
    """The publisher of one input partition's outputs together with its offset."""

    commits_first: bool  # the group's first offset before any output: outputs without one would mean a lost offset

    async def start(self) -> None:
        """Take over the partition from its former owner."""

    async def read(self) -> Opened:
        """Write to the state partition and to the group, then read the committed offset from the same broker.

        A broker that is cut off from the others still answers reads, with stale data, but can't complete a write.

        Raises:
            Fenced, OutcomeUnknown, AlphapulseError: as `deliver`.
        """

    async def still(self) -> Opened:
        """Repeat `read` for a partition that nobody else may have taken since.

        Raises:
            Fenced, OutcomeUnknown, AlphapulseError: as `deliver`.
        """

    async def deliver(self, outputs: Outputs, snapshots: Iterable[Output], commit: Commit) -> Checkpoint:
        """Publish the outputs and the snapshots, commit, and return the committed checkpoint.

        Raises:
            Fenced: the partition has a new owner; nothing was committed.
            OutcomeUnknown: the broker's answer was lost.
            AlphapulseError: no retry can help; nothing was committed.
        """

    async def publish(self, outputs: Outputs) -> bool:
        """Publish the outputs alone; a later `deliver` commits their offset.

        Return False, and do nothing, if outputs are published only together with their offset.

        Raises:
            Fenced, OutcomeUnknown, AlphapulseError: as `deliver`.
        """

    async def stop(self) -> None:
        """Release connections; never wait longer than the deadline."""


class _Sent(NamedTuple):
    topic: str
    records: int
    acknowledged: asyncio.Future[Any]


async def _send(producer: Any, outputs: Outputs, partition: int) -> dict[str, int]:
    """Send in full batches and wait for every acknowledgement: commit would not report a failed send.

    Return topic → offset after its last record, for the topics whose offset the broker reports.
    """
    pending: list[_Sent] = []
    builders: dict[str, Any] = {}
    for output in outputs:
        if isinstance(output, Prepared):
            pending.append(await _submit(producer, output.batch, output.topic, partition))
            failpoint("first_sent")
            continue
        builder = builders.get(output.topic) or builders.setdefault(output.topic, producer.create_batch())
        fields = {
            "key": output.key,
            "value": output.value,
            "timestamp": output.timestamp_ms,
            "headers": list(output.headers),
        }
        if builder.append(**fields) is None:
            pending.append(await _submit(producer, builder, output.topic, partition))
            builders[output.topic] = builder = producer.create_batch()
            builder.append(**fields)
    for topic, builder in builders.items():
        pending.append(await _submit(producer, builder, topic, partition))
        failpoint("first_sent")
    ends: dict[str, int] = {}
    for sent, result in zip(pending, await _acknowledged(pending), strict=True):
        if isinstance(result, Exception):
            raise SendFailed(sent.topic) from result
        if (first := _offset(result)) >= 0:
            ends[sent.topic] = first + sent.records
    return ends


async def _acknowledged(pending: list[_Sent]) -> list[Any]:
    """Return the acknowledgements, or the errors, of all."""
    results: list[Any] = []
    try:
        for sent in pending:
            try:
                results.append(await sent.acknowledged)
            except Exception as error:
                results.append(error)
    finally:
        for sent in pending[len(results) :]:  # when it is cancelled
            sent.acknowledged.cancel()
    return results


async def _submit(producer: Any, builder: Any, topic: str, partition: int) -> _Sent:
    builder.close()
    return _Sent(topic, builder.record_count(), await producer.send_batch(builder, topic, partition=partition))


def _offset(acknowledgement: Any) -> int:
    """Return the first offset of a batch, as our producer or aiokafka's reports it; -1 if it is unknown."""
    found = acknowledgement if isinstance(acknowledgement, int) else getattr(acknowledgement, "offset", None)
    return -1 if found is None else int(found)


class _Base:
    """The common part of both sinks: names and the barrier record."""

    def __init__(self, tp: TopicPartition, state_topic: str, timeout_ms: int) -> None:
        self._tp, self._state = tp, TopicPartition(state_topic, tp.partition)
        self._deadline = timeout_ms / 1000

    def _barrier(self) -> Output:
        now = int(time.time() * 1000)  # in no output
        return Output(self._state.topic, BARRIER, str(now).encode(), now, ())

    def _barrier_at(self, ends: dict[str, int]) -> int:
        if self._state.topic not in ends:
            raise KafkaError("the broker does not say where it wrote to the state topic")
        return ends[self._state.topic] - 1

    def _completed(self, commit: Commit, ends: dict[str, int]) -> Checkpoint:
        end = ends.get(self._state.topic)
        return commit.checkpoint if end is None else commit.checkpoint._replace(state_end=end)


class TransactionalSink(_Base):
    """The exactly_once sink: one transactional producer per partition, so that a new owner fences the old one."""

    commits_first = False

    def __init__(
        self, tp: TopicPartition, group: str, state_topic: str, clients: Clients, timeout_ms: int, fast: bool
    ) -> None:
        """Create the sink; `fast` uses the transactions of Kafka 4 if the cluster has them."""
        super().__init__(tp, state_topic, timeout_ms)
        self._group, self._clients, self._fast = group, clients, fast
        self._named: dict[str, Any] = {
            "transactional_id": f"{group}-{tp.topic}-{tp.partition}",
            "transaction_timeout_ms": timeout_ms,
            # The broker answers the first request of a transaction with a retriable error until the last one has ended.
            "retry_backoff_ms": 10,
        }
        self._producer: TransactionalProducer | None = None
        self._barrier_offset = 0  # in the state partition

    async def start(self) -> None:
        clients = self._clients
        self._producer = TransactionalProducer(
            clients.options, max_batch_size=clients.batch_bytes, former=not self._fast, **self._named
        )
        async with within_deadline(self._deadline, self._tp.topic):
            await self._producer.start()

    async def read(self) -> Opened:
        assert self._producer is not None
        async with within_deadline(self._deadline, self._tp.topic):
            await self._producer.begin_transaction()
            at = self._barrier_at(await _send(self._producer, (self._barrier(),), self._tp.partition))
            # After the record and the transaction marker, so that tools show no lag.
            positions = {self._state: Position(at + 2)}
            await self._producer.send_offsets_to_transaction(positions, self._group, self._clients.member())
            await self._producer.commit_transaction()
            self._barrier_offset = at
            return Opened(await self._producer.fetch_offsets(self._group, self._tp), at)

    async def still(self) -> Opened:
        assert self._producer is not None
        async with within_deadline(
            self._deadline, self._tp.topic
        ):  # raises Fenced if anybody has: the barrier is still valid
            return Opened(await self._producer.fetch_offsets(self._group, self._tp), self._barrier_offset)

    async def deliver(self, outputs: Outputs, snapshots: Iterable[Output], commit: Commit) -> Checkpoint:
        try:
            async with timeout(self._deadline):
                return await self._transaction(outputs, list(snapshots), commit)
        except FAILURES as error:
            failure = meaning(error, self._tp.topic)
            if isinstance(failure, AlphapulseError):
                await self._abort()
            raise failure from error

    async def _transaction(self, outputs: Outputs, snapshots: list[Output], commit: Commit) -> Checkpoint:
        producer, checkpoint = self._producer, commit.checkpoint
        assert producer is not None
        await producer.begin_transaction()
        failpoint("begun")
        # While the last transaction's markers are being written, the broker refuses offsets at once, but holds outputs
        # back for 20 ms. Only snapshots must precede the offsets: their end is in the checkpoint.
        if not snapshots:
            await self._send_offsets(commit, checkpoint)
        ends = await _send(producer, chain(outputs, snapshots), self._tp.partition)
        failpoint("acknowledged")
        if snapshots:
            checkpoint = self._completed(commit, ends)
            await self._send_offsets(commit, checkpoint)
        await producer.commit_transaction()
        return checkpoint

    async def _send_offsets(self, commit: Commit, checkpoint: Checkpoint) -> None:
        assert self._producer is not None
        positions = {self._tp: Position(commit.offset, commit.epoch, checkpoint.text)}
        await self._producer.send_offsets_to_transaction(positions, self._group, self._clients.member())
        failpoint("offsets_sent")

    async def publish(self, outputs: Outputs) -> bool:
        return False

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


class _Acknowledged(within_deadline):
    """A deadline after which, as after any failure, nobody gets the shared producer any more."""

    def __init__(self, seconds: float, topic: str, shared: SharedProducer, producer: Producer) -> None:
        super().__init__(seconds, topic)
        self._shared, self._producer = shared, producer

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        failed = True
        try:
            await super().__aexit__(kind, error, trace)
            failed = isinstance(error, Exception)
        finally:
            if failed:
                self._shared.discard(self._producer)


class AcknowledgedSink(_Base):
    """The at_least_once sink: all replicas acknowledge every record; the offset is committed then, or later."""

    commits_first = True

    def __init__(self, tp: TopicPartition, state_topic: str, shared: Shared, timeout_ms: int) -> None:
        super().__init__(tp, state_topic, timeout_ms)
        self._shared = shared
        self._producer: Producer | None = None

    async def start(self) -> None:
        async with within_deadline(self._deadline, self._tp.topic):
            self._producer = await self._shared.producer.acquire()

    async def read(self) -> Opened:
        async with self._acknowledged():
            at = self._barrier_at(await _send(self._producer, (self._barrier(),), self._tp.partition))
            await self._shared.commits.commit(self._state, Position(at + 1))
            return Opened(await self._shared.offsets.fetch(self._tp), at)

    async def still(self) -> Opened:
        return await self.read()

    async def deliver(self, outputs: Outputs, snapshots: Iterable[Output], commit: Commit) -> Checkpoint:
        await self.publish(outputs)
        async with self._acknowledged():
            # A snapshot implies that its symbol's outputs are published: send it after them.
            checkpoint = self._completed(commit, await _send(self._producer, snapshots, self._tp.partition))
            await self._shared.commits.commit(self._tp, Position(commit.offset, commit.epoch, checkpoint.text))
            return checkpoint

    async def publish(self, outputs: Outputs) -> bool:
        async with self._acknowledged():
            await _send(self._producer, outputs, self._tp.partition)
        return True

    def _acknowledged(self) -> _Acknowledged:
        assert self._producer is not None
        return _Acknowledged(self._deadline, self._tp.topic, self._shared.producer, self._producer)

    async def stop(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            await self._shared.producer.release(producer)


def sink_of(tp: TopicPartition, settings: Settings, clients: Clients) -> Sink:
    """Create the sink of one input partition for the configured guarantee."""
    processing, state = settings.processing, settings.state_topic
    timeout = processing.transaction_timeout_ms
    if clients.shared is not None:
        return AcknowledgedSink(tp, state, clients.shared, timeout)
    return TransactionalSink(tp, processing.group, state, clients, timeout, processing.fast_path)
