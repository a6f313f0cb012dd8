"""What the partitions of one member share at least once: a producer, and requests that commit for several of them.

A request costs the client and the broker the same whether it carries one partition or all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.client import AIOKafkaClient

from worker.kafka.deadline import within
from worker.kafka.member_offsets import MemberOffsets
from worker.kafka.protocol.offsets import Membership, Position
from worker.settings import Settings

STOP_TIMEOUT = 5.0  # seconds; aiokafka's stop flushes without limit


class Stoppable(Protocol):
    """A client with connections to close."""

    async def stop(self) -> None:
        """Close them."""


async def quietly_stop(producer: Stoppable) -> None:
    """Stop a producer within `STOP_TIMEOUT`, whatever state it is in."""
    await within(STOP_TIMEOUT, producer.stop())


class SharedProducer:
    """One idempotent producer for all that have acquired it. After a failure who acquires it gets another one."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options = options
        self._starting = asyncio.Lock()
        self._current: AIOKafkaProducer | None = None
        self._users: dict[AIOKafkaProducer, int] = {}

    async def acquire(self) -> AIOKafkaProducer:
        """A started producer; `release` it.

        Raises:
            KafkaError: it can't be started.
        """
        async with self._starting:
            if self._current is None:
                self._current = await self._started()
            self._users[self._current] = self._users.get(self._current, 0) + 1
            return self._current

    async def _started(self) -> AIOKafkaProducer:
        producer = AIOKafkaProducer(**self._options, enable_idempotence=True)
        try:
            await producer.start()
        except BaseException:
            await quietly_stop(producer)
            raise
        return producer

    def discard(self, producer: AIOKafkaProducer) -> None:
        """Give it to nobody any more: what was sent through it may have arrived or not."""
        if self._current is producer:
            self._current = None

    async def release(self, producer: AIOKafkaProducer) -> None:
        """One user less; the last one stops it."""
        self._users[producer] -= 1
        if not self._users[producer]:
            del self._users[producer]
            self.discard(producer)
            await quietly_stop(producer)


class Offsets(Protocol):
    """Where offsets are committed."""

    async def commit(self, offsets: Mapping[TopicPartition, Position]) -> None:
        """Commit them together."""


class _Wanted(NamedTuple):
    position: Position
    done: asyncio.Future[None]


class GroupCommits:
    """Commits offsets of a group: those that are asked for while a request is under way share the next."""

    def __init__(self, offsets: Offsets, timeout_ms: int) -> None:
        """`timeout_ms` is the longest that any caller waits."""
        self._offsets, self._deadline = offsets, timeout_ms / 1000
        self._wanted: dict[TopicPartition, _Wanted] = {}
        self._task: asyncio.Task[None] | None = None

    async def commit(self, tp: TopicPartition, position: Position) -> None:
        """Commit one partition's offset; one commit of a partition at a time.

        Raises:
            KafkaError, TimeoutError: as `MemberOffsets.commit`, for any partition of the request.
        """
        done = asyncio.get_running_loop().create_future()
        self._wanted[tp] = _Wanted(position, done)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        await done

    async def _run(self) -> None:
        while self._wanted:
            taken, self._wanted = self._wanted, {}
            # Whoever was cancelled meanwhile must not commit any more.
            waiting = {tp: wanted for tp, wanted in taken.items() if not wanted.done.done()}
            error = await self._request({tp: wanted.position for tp, wanted in waiting.items()})
            for _, done in waiting.values():
                if done.done():
                    continue
                if error is None:
                    done.set_result(None)
                else:
                    done.set_exception(error)

    async def _request(self, positions: dict[TopicPartition, Position]) -> Exception | None:
        try:
            if positions:
                async with asyncio.timeout(self._deadline):
                    await self._offsets.commit(positions)
        except Exception as error:
            return error
        return None


class Shared:
    """Of one member."""

    def __init__(self, producer: SharedProducer, offsets: MemberOffsets, timeout_ms: int) -> None:
        self.producer, self.offsets = producer, offsets
        self.commits = GroupCommits(offsets, timeout_ms)


class Clients(NamedTuple):
    """How the partitions of one member reach the broker."""

    options: dict[str, Any]  # of every client
    batch_bytes: int  # most of a record batch
    member: Callable[[], Membership]  # who commits; raises NoLongerOurs for one that the group has lost
    shared: Shared | None  # at least once
    committed: dict[TopicPartition, int]  # the highest offset that this process has committed

    @property
    def producing(self) -> dict[str, Any]:
        """Options of a producer."""
        return producing(self.options, self.batch_bytes)


def producing(options: dict[str, Any], batch_bytes: int) -> dict[str, Any]:
    """Options of a producer of outputs."""
    return options | {"acks": "all", "max_batch_size": batch_bytes, "linger_ms": 0}


def clients(
    client: AIOKafkaClient,
    member: Callable[[], Membership],
    options: dict[str, Any],
    batch_bytes: int,
    settings: Settings,
    committed: dict[TopicPartition, int],
) -> Clients:
    """Those of a member; at least once its offsets go through this client. `committed` outlives the member."""
    processing = settings.processing
    shared = None  # exactly once a transaction is one partition's, by its producer's id
    if processing.guarantee == "at_least_once":
        offsets = MemberOffsets(client, processing.group, member)
        producer = SharedProducer(producing(options, batch_bytes))
        shared = Shared(producer, offsets, processing.transaction_timeout_ms)
    return Clients(options, batch_bytes, member, shared, committed)
