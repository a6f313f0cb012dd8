"""Sender of record batches to the leaders of their partitions."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from functools import partial
from itertools import accumulate
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient

from worker.kafka.backoff import Attempts
from worker.kafka.protocol.answers import AGAIN, FIND_LEADER, UNREACHABLE, failure
from worker.kafka.protocol.codes import Code, name
from worker.kafka.protocol.strict import exactly
from worker.kafka.seams.clients import ask, refresh
from worker.kafka.seams.fast.posting import posted

REQUEST_BYTES = 16 << 20  # of batches in a request, or one batch: brokers close a connection at a request of 100 MiB
DONE = frozenset({0, Code.DUPLICATE_SEQUENCE_NUMBER})
Batches = list[tuple[str, int, Any]]  # topic, partition, and the bytes
Told = Iterable[tuple[TopicPartition, tuple[int, int]]]  # code and first offset


class Produce(NamedTuple):
    """How a producer asks: what builds a request, and what its answer tells; None where it tells nothing."""

    request: Callable[[Batches], Any]
    told: Callable[[Any], Told | None]


def told(answer: Any) -> Told | None:
    """Return what the answer to a produce request tells, in each of its versions."""
    if answer.topics is None or any(partitions is None for _, partitions, *_ in answer.topics):
        return None
    return [(TopicPartition(topic, p[0]), (p[1], p[2])) for topic, partitions, *_ in answer.topics for p in partitions]


class InFlightBatch(NamedTuple):
    """A batch with producer state and sequence number, so that a retry sends identical bytes."""

    tp: TopicPartition
    batch: Any
    acknowledged: asyncio.Future[int]  # its first offset; -1 for a duplicate of unknown offset


class Sender:
    """A sender of each partition's batches in order: one request a leader at a time, with one batch per partition.

    What is refused for now, or gets no answer, is sent again in a task, and holds up only its own partitions. While a
    batch is in flight one more may wait, so memory holds at most two per partition.
    """

    def __init__(self, client: AIOKafkaClient, subject: str, produce: Produce, pause: float) -> None:
        """Create it; `pause` is the first retry delay in s, `subject` is for the log."""
        self._client, self._produce = client, produce
        self._subject, self._pause = subject, pause
        self._cause = ""  # of the last attempt that did not work
        self._waiting: defaultdict[TopicPartition, deque[InFlightBatch]] = defaultdict(deque)
        self._flying: dict[TopicPartition, InFlightBatch] = {}  # sent, or to be sent again
        self._asked: dict[int, asyncio.Future[Any]] = {}  # the answer that is awaited, by leader
        self._room = asyncio.Event()
        self._next: asyncio.Handle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def room(self, tp: TopicPartition) -> None:
        """Wait until a partition has no batch waiting; `add` must follow at once."""
        while self._waiting[tp]:
            self._room.clear()
            await self._room.wait()

    def add(self, tp: TopicPartition, batch: Any) -> asyncio.Future[int]:
        """Send a batch, and return its acknowledgement."""
        loop = asyncio.get_running_loop()
        item = InFlightBatch(tp, batch, loop.create_future())
        self._waiting[tp].append(item)
        self._soon()
        return item.acknowledged

    @property
    def busy(self) -> bool:
        """Whether a batch is unacknowledged."""
        return any(not item.acknowledged.done() for item in self._unacknowledged())

    async def cancel(self) -> None:
        """Stop sending; batches in flight may or may not arrive."""
        tasks = list(self._tasks)
        self._give_up(None)
        if tasks:
            await asyncio.wait(tasks)

    def _soon(self) -> None:
        """Send what waits, together with what else is added in this turn of the loop."""
        if self._next is None:
            self._next = asyncio.get_running_loop().call_soon(self._send)

    def _send(self) -> None:
        self._next = None
        ready = [queue[0] for tp, queue in self._waiting.items() if queue and tp not in self._flying]
        try:
            for node, those in self._by_leader(ready).items():
                if node in self._asked:
                    continue
                items = _fitting(those)
                for item in items:
                    self._take_off(item.tp)
                self._room.set()
                answer = None if node is None else self._posted(node, items)
                if node is None or answer is None:
                    self._in_task(self._until_settled(items))
                else:
                    self._asked[node] = answer
                    answer.add_done_callback(partial(self._answered, node, items))
        except Exception as error:
            self._give_up(error)

    def _take_off(self, tp: TopicPartition) -> None:
        queue = self._waiting.pop(tp)
        self._flying[tp] = queue.popleft()
        if queue:
            self._waiting[tp] = queue  # behind those of all others, which a full request leaves behind

    def _posted(self, node: int, items: Iterable[InFlightBatch]) -> asyncio.Future[Any] | None:
        request = self._request(items)
        try:
            return posted(self._client, node, request)
        except UNREACHABLE:  # a task finds out whether it is again
            return None

    def _answered(self, node: int, items: Sequence[InFlightBatch], answer: asyncio.Future[Any]) -> None:
        lost = answer.cancelled() or isinstance(answer.exception(), UNREACHABLE)
        if self._asked.get(node) is not answer:
            return  # it was given up
        del self._asked[node]
        try:
            left = list(items) if lost else self._settle(items, answer.result())
        except UNREACHABLE:
            left, lost = list(items), True
        except Exception as error:
            self._give_up(error)
            return
        if left:
            self._in_task(self._again(left, lost))
        if any(self._waiting.values()):  # for this leader, from other partitions
            self._soon()

    def _in_task(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _again(self, items: Sequence[InFlightBatch], lost: bool) -> None:
        """Send batches again after a first attempt; `lost`: there was no answer."""
        if lost:
            await refresh(self._client)
        await asyncio.sleep(self._pause)
        await self._until_settled(items)

    async def _until_settled(self, items: Sequence[InFlightBatch]) -> None:
        attempts = Attempts(f"the outputs of {self._subject}", self._pause)
        try:
            while True:
                leaders = self._by_leader(items)
                found = await asyncio.gather(*(self._attempt(*each) for each in leaders.items()))
                items = [item for left in found for item in left]
                if not items:
                    break
                await attempts.wait(self._cause)
            attempts.worked()
        except Exception as error:
            self._give_up(error)

    async def _attempt(self, node: int | None, items: list[InFlightBatch]) -> list[InFlightBatch]:
        """Send batches to one leader; return those to send again."""
        if node is None:
            self._cause = "a partition has no leader"
            await refresh(self._client)
            return items
        try:
            return self._settle(items, await ask(self._client, node, self._request(items)))
        except UNREACHABLE as error:
            self._cause = f"{type(error).__name__} {error}"
            await refresh(self._client)
            return items

    def _by_leader(self, items: Iterable[InFlightBatch]) -> Mapping[int | None, list[InFlightBatch]]:
        nodes: defaultdict[int | None, list[InFlightBatch]] = defaultdict(list)
        for item in items:
            leader = self._client.cluster.leader_for_partition(item.tp)
            nodes[None if leader in (None, -1) else leader].append(item)
        return nodes

    def _request(self, items: Iterable[InFlightBatch]) -> Any:
        return self._produce.request([(item.tp.topic, item.tp.partition, item.batch._build()) for item in items])

    def _settle(self, items: Sequence[InFlightBatch], answer: Any) -> list[InFlightBatch]:
        """Tell what was answered; return the batches to send again."""
        entries = exactly(self._produce.told(answer), [item.tp for item in items], "Produce")
        return [item for item in items if not self._settled(item, *entries[item.tp])]

    def _settled(self, item: InFlightBatch, code: int, offset: int) -> bool:
        if code in AGAIN:
            self._cause = name(code)
            if code in FIND_LEADER:
                self._client.force_metadata_update()
            return False
        if self._flying.get(item.tp) is item:
            del self._flying[item.tp]
            if self._waiting.get(item.tp):
                self._soon()
        if not item.acknowledged.done():
            if code in DONE:
                item.acknowledged.set_result(offset if code == 0 else -1)
            else:
                item.acknowledged.set_exception(failure(code, item.tp.topic))
        return True

    def _unacknowledged(self) -> list[InFlightBatch]:
        return [*self._flying.values(), *(item for queue in self._waiting.values() for item in queue)]

    def _give_up(self, error: Exception | None) -> None:
        for item in self._unacknowledged():
            if item.acknowledged.done():
                continue
            if error is None:
                item.acknowledged.cancel()
            else:
                item.acknowledged.set_exception(error)
        for task in self._tasks:
            if task is not asyncio.current_task():
                task.cancel()
        self._flying.clear()
        self._waiting.clear()
        self._asked.clear()
        self._room.set()


def _fitting(items: Sequence[InFlightBatch]) -> Sequence[InFlightBatch]:
    """Return as many as a request may have."""
    ends = list(accumulate(item.batch.size() for item in items))
    return items if ends[-1] <= REQUEST_BYTES else items[: max(bisect_right(ends, REQUEST_BYTES), 1)]
