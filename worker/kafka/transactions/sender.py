"""Sender of record batches to the leaders of their partitions."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient

from worker.kafka.backoff import Attempts
from worker.kafka.protocol.answers import AGAIN, FIND_LEADER, UNREACHABLE, failure
from worker.kafka.protocol.codes import Code, name
from worker.kafka.protocol.strict import exactly
from worker.kafka.seams.clients import ask, refresh

DONE = frozenset({0, Code.DUPLICATE_SEQUENCE_NUMBER})


class InFlightBatch(NamedTuple):
    """A batch with producer state and sequence number, so that a retry sends identical bytes."""

    tp: TopicPartition
    batch: Any
    acknowledged: asyncio.Future[int]  # its first offset; -1 for a duplicate of unknown offset


class Sender:
    """A sender of each partition's batches in order, one request at a time with one batch per partition.

    While a batch is in flight one more may wait, so memory holds at most two per partition.
    """

    def __init__(
        self, client: AIOKafkaClient, subject: str, produce: Callable[[list[tuple[str, int, Any]]], Any], pause: float
    ) -> None:
        """Create it; `produce` builds a request, `pause` is the first retry delay in s, `subject` is for the log."""
        self._client, self._produce_request = client, produce
        self._attempts = Attempts(f"the outputs of {subject}", pause)
        self._cause = ""
        self._waiting: defaultdict[TopicPartition, deque[InFlightBatch]] = defaultdict(deque)
        self._under_way: list[InFlightBatch] = []
        self._room = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def add(self, item: InFlightBatch) -> None:
        """Accept a batch as soon as its partition has none waiting."""
        while self._waiting[item.tp]:
            self._room.clear()
            await self._room.wait()
        self._waiting[item.tp].append(item)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    @property
    def busy(self) -> bool:
        """Whether a batch is unacknowledged."""
        return any(not item.acknowledged.done() for item in self._unacknowledged())

    async def cancel(self) -> None:
        """Stop sending; batches in flight may or may not arrive."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        self._give_up(None)

    async def _run(self) -> None:
        try:
            while any(self._waiting.values()):
                self._under_way = [queue.popleft() for queue in self._waiting.values() if queue]
                self._room.set()
                await self._send_all()
        except Exception as error:
            self._give_up(error)

    def _unacknowledged(self) -> list[InFlightBatch]:
        return [*self._under_way, *(item for queue in self._waiting.values() for item in queue)]

    def _give_up(self, error: Exception | None) -> None:
        for item in self._unacknowledged():
            if item.acknowledged.done():
                continue
            if error is None:
                item.acknowledged.cancel()
            else:
                item.acknowledged.set_exception(error)
        self._under_way.clear()
        self._waiting.clear()
        self._room.set()

    async def _send_all(self) -> None:
        while self._under_way:
            found = await asyncio.gather(*(self._produce(*each) for each in self._by_leader().items()))
            self._under_way = [item for left in found for item in left]
            if self._under_way:
                await self._attempts.wait(self._cause)
        self._attempts.worked()

    def _by_leader(self) -> dict[int | None, list[InFlightBatch]]:
        nodes: defaultdict[int | None, list[InFlightBatch]] = defaultdict(list)
        for item in self._under_way:
            leader = self._client.cluster.leader_for_partition(item.tp)
            nodes[None if leader in (None, -1) else leader].append(item)
        return nodes

    async def _produce(self, node: int | None, items: list[InFlightBatch]) -> list[InFlightBatch]:
        """Send batches to one leader; return those to send again."""
        if node is None:
            self._cause = "a partition has no leader"
            await refresh(self._client)
            return items
        batches = [(item.tp.topic, item.tp.partition, item.batch._build()) for item in items]
        try:
            answer = await ask(self._client, node, self._produce_request(batches))
            told = exactly(_told(answer), [item.tp for item in items], "Produce")
        except UNREACHABLE as error:
            self._cause = f"{type(error).__name__} {error}"
            await refresh(self._client)
            return items
        return [item for item in items if not self._settled(item, *told[item.tp])]

    def _settled(self, item: InFlightBatch, code: int, offset: int) -> bool:
        if code in AGAIN:
            self._cause = name(code)
            if code in FIND_LEADER:
                self._client.force_metadata_update()
            return False
        if not item.acknowledged.done():
            if code in DONE:
                item.acknowledged.set_result(offset if code == 0 else -1)
            else:
                item.acknowledged.set_exception(failure(code, item.tp.topic))
        return True


def _told(answer: Any) -> list[tuple[TopicPartition, tuple[int, int]]] | None:
    if answer.topics is None or any(partitions is None for _, partitions, _ in answer.topics):
        return None
    return [(TopicPartition(topic, p[0]), (p[1], p[2])) for topic, partitions, _ in answer.topics for p in partitions]
