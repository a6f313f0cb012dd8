"""Record batches on their way to the leaders of their partitions."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import DuplicateSequenceNumber, for_code

from worker.stream.seams.clients import ask
from worker.stream.transactions.answers import UNREACHABLE, failure, may_be_sent_again
from worker.stream.transactions.messages import produce

DONE = frozenset({0, DuplicateSequenceNumber.errno})


class Parcel(NamedTuple):
    """A batch that knows its producer and sequence number: sent again, it is the same."""

    tp: TopicPartition
    batch: Any
    acknowledged: asyncio.Future[None]


class Delivery:
    """Sends each partition's batches in order, one request at a time with one batch of each.

    While one is under way a partition may have one more waiting, so memory holds two of each.
    """

    def __init__(self, client: AIOKafkaClient, transactional_id: str, timeout_ms: int, backoff_s: float) -> None:
        self._client, self._id, self._timeout, self._backoff = client, transactional_id, timeout_ms, backoff_s
        self._waiting: defaultdict[TopicPartition, deque[Parcel]] = defaultdict(deque)
        self._under_way: list[Parcel] = []
        self._room = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def add(self, parcel: Parcel) -> None:
        """Take a parcel as soon as its partition has none waiting."""
        while self._waiting[parcel.tp]:
            self._room.clear()
            await self._room.wait()
        self._waiting[parcel.tp].append(parcel)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    @property
    def busy(self) -> bool:
        """Whether a batch is not acknowledged yet."""
        return any(not parcel.acknowledged.done() for parcel in self._parcels())

    async def cancel(self) -> None:
        """Send nothing more; what is under way may arrive or not."""
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

    def _parcels(self) -> list[Parcel]:
        return [*self._under_way, *(parcel for queue in self._waiting.values() for parcel in queue)]

    def _give_up(self, error: Exception | None) -> None:
        for parcel in self._parcels():
            if parcel.acknowledged.done():
                continue
            if error is None:
                parcel.acknowledged.cancel()
            else:
                parcel.acknowledged.set_exception(error)
        self._under_way.clear()
        self._waiting.clear()
        self._room.set()

    async def _send_all(self) -> None:
        while self._under_way:
            found = await asyncio.gather(*(self._produce(*each) for each in self._by_leader().items()))
            self._under_way = [parcel for left in found for parcel in left]
            if self._under_way:
                await asyncio.sleep(self._backoff)

    def _by_leader(self) -> dict[int | None, list[Parcel]]:
        nodes: defaultdict[int | None, list[Parcel]] = defaultdict(list)
        for parcel in self._under_way:
            leader = self._client.cluster.leader_for_partition(parcel.tp)
            nodes[None if leader in (None, -1) else leader].append(parcel)
        return nodes

    async def _produce(self, node: int | None, parcels: list[Parcel]) -> list[Parcel]:
        """Those that must be sent again."""
        if node is None:
            await self._client.force_metadata_update()
            return parcels
        batches = [(parcel.tp.topic, parcel.tp.partition, parcel.batch._build()) for parcel in parcels]
        try:
            answer = await ask(self._client, node, produce(self._id, self._timeout, batches))
        except UNREACHABLE:
            await self._client.force_metadata_update()
            return parcels
        codes = {(topic, told[0]): told[1] for topic, partitions, _ in answer.topics for told in partitions}
        return [parcel for parcel in parcels if not self._settled(parcel, codes[parcel.tp])]

    def _settled(self, parcel: Parcel, code: int) -> bool:
        if code not in DONE and may_be_sent_again(code):
            if getattr(for_code(code), "invalid_metadata", False):
                self._client.force_metadata_update()
            return False
        if not parcel.acknowledged.done():
            if code in DONE:
                parcel.acknowledged.set_result(None)
            else:
                parcel.acknowledged.set_exception(failure(code, parcel.tp.topic))
        return True
