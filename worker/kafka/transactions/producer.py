"""A producer of transactions: outputs and a group's offsets, all of it or nothing."""

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
from worker.kafka.transactions.sender import InFlightBatch, Sender


class CoordinatorMoved(KafkaError):
    """The group's offsets go to another broker than the one they were read from: they must be read again."""


class EpochRefused(ProducerFenced):
    """The coordinator knows another epoch: by a successor, or because the transaction took too long, or because it has
    ended by a request whose answer was lost. What became of it is not known, and to start anew would fence a successor:
    a new membership finds out."""


HINTS: Mapping[int, str] = {
    Code.CONCURRENT_TRANSACTIONS: "the last transaction has not ended; if it never does, see KAFKA-19999 and take the "
    "newest patch release of Kafka"
}


class TransactionalProducer:
    """One transaction at a time: outputs and offsets in any order, then the commit, when all are acknowledged.

    By the transactions of Kafka 4 each commit and abort gives the producer a new epoch, so nothing that is late can
    join the next transaction. Other clusters, and `former`, get the former protocol, which announces first what a
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
        """`options` are those of every client."""
        self._client = AIOKafkaClient(**options, retry_backoff_ms=retry_backoff_ms)
        self._id, self._timeout, self._batch_bytes = transactional_id, transaction_timeout_ms, max_batch_size
        self._backoff, self._request_timeout = retry_backoff_ms / 1000, options["request_timeout_ms"]
        self._coordinator = Coordinator(self._client, CoordinationType.TRANSACTION, transactional_id, self._backoff)
        self._groups: dict[str, Coordinator] = {}
        self._sender = Sender(self._client, transactional_id, self._produce, self._backoff)
        self._producer = Producer(-1, -1)
        self._former = former
        self._sequences: defaultdict[TopicPartition, int] = defaultdict(int)
        self._announced: set[TopicPartition] = set()  # former protocol
        self._written_at: int | None = None  # the broker that took the offsets last
        self._read_from: int | None = None  # the broker that told the offsets
        self._open = False  # between begin and the end of the transaction
        self._written = False  # whether the broker may know of this transaction

    async def start(self) -> None:
        """Connect, and fence whoever had the transactional id before.

        Raises:
            KafkaError: it can't be started, or somebody else was faster.
        """
        await self._client.bootstrap()
        self._former = self._former or not await self._modern()
        request = InitProducerIdRequest(self._id, self._timeout)
        try:
            self._identify(await self._coordinator.ask(request, error_code, _identified, HINTS))
        except ProducerFenced as error:  # of a start at the same time: this one has begun nothing
            raise KafkaError(f"another producer {self._id} was faster") from error

    async def _modern(self) -> bool:
        try:
            answer = await self._coordinator.ask(ask_versions(), error_code, transactions_of)
        except (IncompatibleBrokerVersion, UnsupportedVersionError):  # nor can it tell
            return False
        return transactions_of(answer) >= NEEDED

    async def stop(self) -> None:
        """Close the connections. A transaction that is open is aborted by the next producer, or by its timeout."""
        await self._sender.cancel()
        await close_client(self._client)

    async def begin_transaction(self) -> None:
        """Nothing is sent.

        Raises:
            IllegalOperation: the last one has not ended.
        """
        if self._open:
            raise IllegalOperation("the last transaction has not ended")
        self._open, self._written = True, False
        self._announced.clear()

    def create_batch(self) -> BatchBuilder:
        """An empty batch of at most `max_batch_size` bytes."""
        return BatchBuilder(self._batch_bytes, 0, is_transactional=1)

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> asyncio.Future[int]:
        """Hand a closed batch over, of one `create_batch` or a `FinishedBatch`; the future is its acknowledgement, the
        offset of its first record, or -1 where the broker does not tell it.

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
        batch._set_producer_state(*self._producer, self._sequences[tp])
        self._sequences[tp] += batch.record_count()
        item = InFlightBatch(tp, batch, asyncio.get_running_loop().create_future())
        await self._sender.add(item)
        return item.acknowledged

    async def send_offsets_to_transaction(
        self, offsets: Mapping[TopicPartition, Position], group_id: str, member: Membership
    ) -> None:
        """Have the group's offsets committed with the transaction, in the name of a member.

        Raises:
            IllegalOperation: no transaction is open.
            CoordinatorMoved: another broker has taken them than the one that told the group's offsets.
            NoLongerOurs: the group has gone on without the member.
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
        """What the group has committed for a partition, by the very broker that took the last transaction's offsets:
        it has a quorum, which a broker that is cut off from the others has not. None where that is nothing.

        Raises:
            IllegalOperation: no transaction has committed offsets.
            KafkaError: that broker does not coordinate the group any more, or can't be reached.
        """
        if self._written_at is None:
            raise IllegalOperation("no transaction has committed offsets")
        answered = await self._group(group_id).asked(
            fetch_offsets(group_id, (tp,)), check=lambda answer: fetched(answer, (tp,)), node=self._written_at
        )
        self._read_from = answered.node
        return fetched(answered.answer, (tp,))[tp]

    async def commit_transaction(self) -> None:
        """Make all of it count.

        Raises:
            IllegalOperation: no transaction is open, or a batch is not acknowledged yet.
            EpochRefused: it may be committed or not.
            KafkaError: the coordinator refuses to.
        """
        if self._sender.busy:
            raise IllegalOperation("not every batch is acknowledged")
        await self._end(commit=True)

    async def abort_transaction(self) -> None:
        """Make none of it count."""
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
    """All is said by the code."""
