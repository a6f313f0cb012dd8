"""A producer whose retries write nothing twice, for batches that are finished."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from typing import Any

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.protocol.transaction import InitProducerIdRequest

from worker.kafka.backoff import Attempts
from worker.kafka.protocol.answers import AGAIN, UNREACHABLE, failure
from worker.kafka.protocol.codes import name
from worker.kafka.protocol.strict import Unclear
from worker.kafka.seams.clients import ask, close_client, refresh
from worker.kafka.seams.fast.requests import PartedProduceRequest
from worker.kafka.transactions.sender import Batches, Produce, Sender, told

SEQUENCES = 1 << 31  # after the last one comes 0
TIMEOUT_MS = 60_000  # of transactions, which it has none of


class IdempotentProducer:
    """All in-sync replicas acknowledge each batch; the batches that are added in a turn of the loop share a request.

    A batch is sent until a broker takes it or refuses it for good. After a refusal, the producer is not to be used for
    its partition any more: the sequence of its batches has a gap.
    """

    def __init__(self, options: dict[str, Any], *, max_batch_size: int, retry_backoff_ms: int) -> None:
        """Create a producer that is not started; `options` are those of every client."""
        self._client = AIOKafkaClient(**options, retry_backoff_ms=retry_backoff_ms)
        self._batch_bytes, self._timeout = max_batch_size, options["request_timeout_ms"]
        self._pause = retry_backoff_ms / 1000
        self._sender = Sender(self._client, "the partitions", Produce(self._request, told), self._pause)
        self._producer = -1, -1  # id and epoch
        self._sequences: defaultdict[TopicPartition, int] = defaultdict(int)

    async def start(self) -> None:
        """Connect, and get an id.

        Raises:
            KafkaError: no broker answers, or one refuses.
        """
        await self._client.bootstrap()
        attempts = Attempts("the id of a producer", self._pause)
        while (cause := await self._identified()) is not None:
            await attempts.wait(cause)
        attempts.worked()

    async def _identified(self) -> str | None:
        """Return why there is no id yet."""
        node = self._client.get_random_node()
        if node is None:
            return "no broker is known"
        try:
            answer = await ask(self._client, node, InitProducerIdRequest(None, TIMEOUT_MS))  # type: ignore[arg-type]
            if answer.error_code == 0 and (answer.producer_id < 0 or answer.producer_epoch < 0):
                raise Unclear(f"no producer has the id {answer.producer_id}")
        except UNREACHABLE as error:
            await refresh(self._client)
            return f"{type(error).__name__} {error}"
        if answer.error_code in AGAIN:
            return name(answer.error_code)
        if answer.error_code:
            raise failure(answer.error_code, "InitProducerId")
        self._producer = answer.producer_id, answer.producer_epoch
        return None

    async def stop(self) -> None:
        """Close the connections; batches in flight may or may not arrive."""
        await self._sender.cancel()
        await close_client(self._client)

    def create_batch(self) -> BatchBuilder:
        """Return an empty batch of at most `max_batch_size` bytes; it takes one larger record."""
        return BatchBuilder(self._batch_bytes, 0, is_transactional=0)

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> asyncio.Future[int]:
        """Enqueue a closed batch of `create_batch`, or a `FinishedBatch`.

        The returned future resolves on acknowledgement to the offset of the first record, or to -1 if the broker does
        not tell it.

        Raises:
            UnknownTopicOrPartitionError, TopicAuthorizationFailedError: there is no such topic for this user.
        """
        await self._client._wait_on_metadata(topic)
        tp = TopicPartition(topic, partition)
        await self._sender.room(tp)
        batch._set_producer_state(*self._producer, self._sequences[tp])
        self._sequences[tp] = (self._sequences[tp] + batch.record_count()) % SEQUENCES
        return self._sender.add(tp, batch)

    def _request(self, batches: Batches) -> Any:
        topics: defaultdict[str, list[tuple[int, Any]]] = defaultdict(list)
        for topic, partition, batch in batches:
            topics[topic].append((partition, batch))
        return PartedProduceRequest(
            required_acks=-1, timeout=self._timeout, topics=list(topics.items()), transactional_id=None
        )
