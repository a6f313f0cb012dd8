"""A transactional producer: commits outputs and a group's offsets atomically."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.errors import (
    IllegalOperation,
    IncompatibleBrokerVersion,
    KafkaError,
    ProducerFenced,
    UnsupportedVersionError,
)
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.protocol.transaction import InitProducerIdRequest

from worker.kafka.protocol.codes import Code
from worker.kafka.protocol.offsets import Membership, Position, committed, fetch_offsets, fetched
from worker.kafka.protocol.strict import Unclear, exactly
from worker.kafka.seams.clients import close_client
from worker.kafka.transactions.coordinator import Coordinator, error_code
from worker.kafka.transactions.features import NEEDED, ask_versions, transactions_of
from worker.kafka.transactions.requests import (
    Producer,
    announce_offsets,
    announce_partition,
    commit_offsets,
    end_transaction,
    partition_announced,
    produce,
)
from worker.kafka.transactions.sender import Produce, Sender, told


class CoordinatorMoved(KafkaError):
    """The group's offsets were written to another broker than they were read from, and must be read again."""


class EpochRefused(ProducerFenced):
    """The coordinator has another epoch of the producer, so the outcome of the transaction is unknown.

    A successor has started, or the transaction has timed out, or a request whose answer was lost has ended it. A
    restart of the producer would fence a successor, so the member rejoins the group to find out.
    """


GZIP = 1
HINTS: Mapping[int, str] = {
    Code.CONCURRENT_TRANSACTIONS: "the last transaction has not ended; if it never does, see KAFKA-19999 and use the "
    "newest patch release of Kafka"
}


class TransactionalProducer:
    """One transaction at a time: outputs and offsets in any order, then the commit when all are acknowledged.

    In Kafka 4 each commit and abort gives the producer a new epoch, so that late requests can't join the next
    transaction. Other clusters, and `former`, use the former protocol, which first announces the partitions that a
    transaction will write to.
    """

    def __init__(
        self,
        options: Mapping[str, Any],
        *,
        transactional_id: str,
        transaction_timeout_ms: int,
        max_batch_size: int,
        retry_backoff_ms: int,
        former: bool = False,
    ) -> None:
        """Create a producer that is not started; `options` are those of every client."""
        self._client = AIOKafkaClient(**options, retry_backoff_ms=retry_backoff_ms)
        self._id, self._timeout, self._batch_bytes = transactional_id, transaction_timeout_ms, max_batch_size
        self._backoff, self._request_timeout = retry_backoff_ms / 1000, options["request_timeout_ms"]
        self._coordinator = Coordinator(self._client, CoordinationType.TRANSACTION, transactional_id, self._backoff)
        self._groups: dict[str, Coordinator] = {}
        self._sender = Sender(self._client, transactional_id, Produce(self._produce, told), self._backoff)
        self._producer = Producer(-1, -1)
        self._former = former
        self._sequences: defaultdict[TopicPartition, int] = defaultdict(int)
        self._announced: set[TopicPartition] = set()  # former protocol
        self._written_at: int | None = None  # the broker that accepted the last offsets
        self._read_from: int | None = None  # the broker that returned the offsets
        self._open = False  # between begin and the end of the transaction
        self._written = False  # whether the broker may know of this transaction

    async def start(self) -> None:
        """Connect, and fence former producers of the transactional id.

        Raises:
            KafkaError: it can't be started, or another producer was faster.
        """
        await self._client.bootstrap()
        self._former = self._former or not await self._modern()
        request = InitProducerIdRequest(self._id, self._timeout)
        try:
            self._identify(await self._coordinator.ask(request, error_code, _identified, HINTS))
        except ProducerFenced as error:  # by a concurrent start; this one has begun no transaction
            raise KafkaError(f"another producer {self._id} was faster") from error

    async def _modern(self) -> bool:
        try:
            answer = await self._coordinator.ask(ask_versions(), error_code, transactions_of)
        except (IncompatibleBrokerVersion, UnsupportedVersionError):  # the broker does not even know the request
            return False
        return transactions_of(answer) >= NEEDED

    async def stop(self) -> None:
        """Close the connections; the next producer, or the timeout, aborts an open transaction."""
        await self._sender.cancel()
        await close_client(self._client)

    async def begin_transaction(self) -> None:
        """Begin a transaction; this sends nothing.

        Raises:
            IllegalOperation: the last one has not ended.
        """
        if self._open:
            raise IllegalOperation("the last transaction has not ended")
        self._open, self._written = True, False
        self._announced.clear()

    def create_batch(self, packed: bool = False) -> BatchBuilder:
        """Return an empty batch of at most `max_batch_size` bytes, `packed` by gzip; it takes one larger record."""
        return BatchBuilder(self._batch_bytes, GZIP if packed else 0, is_transactional=1)

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> asyncio.Future[int]:
        """Enqueue a closed batch of `create_batch`, or a `FinishedBatch`.

        The returned future resolves on acknowledgement to the offset of the first record, or to -1 if the broker does
        not tell it.

        Raises:
            IllegalOperation: no transaction is open.
            UnknownTopicOrPartitionError, TopicAuthorizationFailedError: there is no such topic for this user.
        """
        self._require_open()
        await self._client._wait_on_metadata(topic)
        tp = TopicPartition(topic, partition)
        self._written = True
        if self._former and tp not in self._announced:
            await self._announce(tp)
        await self._sender.room(tp)
        batch._set_producer_state(*self._producer, self._sequences[tp])
        self._sequences[tp] += batch.record_count()
        return self._sender.add(tp, batch)

    async def send_offsets_to_transaction(
        self, offsets: Mapping[TopicPartition, Position], group_id: str, member: Membership
    ) -> None:
        """Add the group's offsets to the transaction, for a member.

        Raises:
            IllegalOperation: no transaction is open.
            CoordinatorMoved: another broker accepted them than the one that returned the group's offsets.
            NoLongerOurs: the group has continued without the member.
            KafkaError: the group's coordinator refuses them.
        """
        self._require_open()
        self._written = True
        if self._former:
            await self._coordinator.ask(announce_offsets(self._id, self._producer, group_id), error_code)
        request = commit_offsets(self._id, group_id, self._producer, member, offsets, self._former)
        answered = await self._group(group_id).asked(request, check=lambda answer: committed(answer, offsets.keys()))
        self._written_at = answered.node
        if self._read_from not in (None, answered.node):
            raise CoordinatorMoved(f"the group's coordinator moved from broker {self._read_from} to {answered.node}")

    async def fetch_offsets(self, group_id: str, tp: TopicPartition) -> Position | None:
        """Return the group's committed position of a partition; None where it has committed nothing.

        The broker that accepted the last transaction's offsets is asked: it had a quorum, unlike a broker that is cut
        off from the others.

        Raises:
            IllegalOperation: no transaction has committed offsets.
            KafkaError: that broker no longer coordinates the group, or can't be reached.
        """
        if self._written_at is None:
            raise IllegalOperation("no transaction has committed offsets")
        answered = await self._group(group_id).asked(
            fetch_offsets(group_id, (tp,)), check=lambda answer: fetched(answer, (tp,)), node=self._written_at
        )
        self._read_from = answered.node
        return fetched(answered.answer, (tp,))[tp]

    async def commit_transaction(self) -> None:
        """Commit the transaction.

        Raises:
            IllegalOperation: no transaction is open, or a batch is not acknowledged yet.
            EpochRefused: it may or may not be committed.
            KafkaError: the coordinator refuses.
        """
        if self._sender.busy:
            raise IllegalOperation("not every batch is acknowledged")
        await self._end(commit=True)

    async def abort_transaction(self) -> None:
        """Abort the transaction."""
        await self._sender.cancel()
        await self._end(commit=False)

    async def _end(self, *, commit: bool) -> None:
        self._require_open()
        if self._written:
            request = end_transaction(self._id, self._producer, commit=commit, former=self._former)
            try:
                answer = await self._coordinator.ask(request, error_code, _nothing if self._former else _identified)
            except ProducerFenced as error:
                raise EpochRefused("the coordinator refuses the producer's epoch") from error
            if not self._former:
                self._identify(answer)
        self._open = False

    def _identify(self, answer: Any) -> None:
        self._producer = Producer(answer.producer_id, answer.producer_epoch)
        self._sequences.clear()

    async def _announce(self, tp: TopicPartition) -> None:
        await self._coordinator.asked(
            announce_partition(self._id, self._producer, tp),
            lambda answer: [code for _, code in partition_announced(answer)],
            lambda answer: exactly(partition_announced(answer), (tp,), "AddPartitionsToTxn"),
        )
        self._announced.add(tp)

    def _group(self, group_id: str) -> Coordinator:
        if group_id not in self._groups:
            self._groups[group_id] = Coordinator(self._client, CoordinationType.GROUP, group_id, self._backoff)
        return self._groups[group_id]

    def _produce(self, batches: list[tuple[str, int, Any]]) -> Any:
        return produce(self._id, self._request_timeout, batches, self._former)

    def _require_open(self) -> None:
        if not self._open:
            raise IllegalOperation("no transaction is open")


def _identified(answer: Any) -> None:
    if answer.producer_id < 0 or answer.producer_epoch < 0:
        raise Unclear(f"{type(answer).__name__}: no producer has the id {answer.producer_id}")


def _nothing(answer: Any) -> None:
    """Check nothing: the answer holds only its code."""
