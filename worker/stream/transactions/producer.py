"""A producer of transactions, with the methods of aiokafka's that the sink calls."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient, CoordinationType
from aiokafka.errors import IllegalOperation, IncompatibleBrokerVersion
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.protocol.transaction import InitProducerIdRequest
from aiokafka.structs import OffsetAndMetadata

from worker.stream.seams.clients import close_client
from worker.stream.transactions.coordinator import Coordinator, error_code
from worker.stream.transactions.delivery import Delivery, Parcel
from worker.stream.transactions.features import NEEDED, TransactionsTooOld, ask_versions, transactions_of
from worker.stream.transactions.messages import Producer, commit_offsets, end_transaction


class TransactionalProducer:
    """One transaction at a time: outputs and offsets in any order, then the commit, when all are acknowledged.

    Each commit and abort gives the producer a new epoch, so nothing that is late can join the next transaction.
    """

    def __init__(
        self,
        options: Mapping[str, Any],
        *,
        transactional_id: str,
        transaction_timeout_ms: int,
        max_batch_size: int,
        retry_backoff_ms: int,
    ) -> None:
        """`options` are those of every client."""
        self._client = AIOKafkaClient(**options, retry_backoff_ms=retry_backoff_ms)
        self._id, self._timeout, self._batch_bytes = transactional_id, transaction_timeout_ms, max_batch_size
        self._backoff = retry_backoff_ms / 1000
        self._coordinator = Coordinator(self._client, CoordinationType.TRANSACTION, transactional_id, self._backoff)
        self._groups: dict[str, Coordinator] = {}
        self._delivery = Delivery(self._client, transactional_id, options["request_timeout_ms"], self._backoff)
        self._producer = Producer(-1, -1)
        self._sequences: defaultdict[TopicPartition, int] = defaultdict(int)
        self._open = False  # between begin and the end of the transaction
        self._written = False  # whether the broker may know of this transaction

    async def start(self) -> None:
        """Connect, and fence whoever had the transactional id before.

        Raises:
            TransactionsTooOld: the cluster uses the former protocol.
            KafkaError: it can't be started.
        """
        await self._client.bootstrap()
        try:
            answer = await self._coordinator.ask(ask_versions(), error_code)
        except IncompatibleBrokerVersion:  # nor can it tell
            raise TransactionsTooOld from None
        if transactions_of(answer) < NEEDED:
            raise TransactionsTooOld
        found = await self._coordinator.ask(InitProducerIdRequest(self._id, self._timeout), error_code)
        self._renew(found)

    async def stop(self) -> None:
        """Close the connections. A transaction that is open is aborted by the next producer, or by its timeout."""
        await self._delivery.cancel()
        await close_client(self._client)

    async def begin_transaction(self) -> None:
        """Nothing is sent.

        Raises:
            IllegalOperation: the last one has not ended.
        """
        if self._open:
            raise IllegalOperation("the last transaction has not ended")
        self._open, self._written = True, False

    def create_batch(self) -> BatchBuilder:
        """An empty batch of at most `max_batch_size` bytes."""
        return BatchBuilder(self._batch_bytes, 0, is_transactional=1)

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> asyncio.Future[None]:
        """Hand a closed batch over, of one `create_batch` or a `FinishedBatch`; the future is its acknowledgement.

        Raises:
            IllegalOperation: no transaction is open.
            UnknownTopicOrPartitionError, TopicAuthorizationFailedError: there is no such topic for this user.
        """
        self._require_open()
        await self._client._wait_on_metadata(topic)
        tp = TopicPartition(topic, partition)
        batch._set_producer_state(*self._producer, self._sequences[tp])
        self._sequences[tp] += batch.record_count()
        self._written = True
        parcel = Parcel(tp, batch, asyncio.get_running_loop().create_future())
        await self._delivery.add(parcel)
        return parcel.acknowledged

    async def send_offsets_to_transaction(
        self, offsets: Mapping[TopicPartition, OffsetAndMetadata], group_id: str
    ) -> None:
        """Have the group's offsets committed with the transaction.

        Raises:
            IllegalOperation: no transaction is open.
            KafkaError: the group's coordinator refuses them.
        """
        self._require_open()
        self._written = True
        if group_id not in self._groups:
            self._groups[group_id] = Coordinator(self._client, CoordinationType.GROUP, group_id, self._backoff)
        await self._groups[group_id].ask(commit_offsets(self._id, group_id, self._producer, offsets))

    async def commit_transaction(self) -> None:
        """Make all of it count.

        Raises:
            IllegalOperation: no transaction is open, or a batch is not acknowledged yet.
            KafkaError: the coordinator refuses to.
        """
        if self._delivery.busy:
            raise IllegalOperation("not every batch is acknowledged")
        await self._end(commit=True)

    async def abort_transaction(self) -> None:
        """Make none of it count."""
        await self._delivery.cancel()
        await self._end(commit=False)

    async def _end(self, *, commit: bool) -> None:
        self._require_open()
        if self._written:
            self._renew(await self._coordinator.ask(end_transaction(self._id, self._producer, commit=commit)))
        self._open = False

    def _renew(self, answer: Any) -> None:
        self._producer = Producer(answer.producer_id, answer.producer_epoch)
        self._sequences.clear()

    def _require_open(self) -> None:
        if not self._open:
            raise IllegalOperation("no transaction is open")
