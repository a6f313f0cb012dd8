"""The clients of a member's partitions; under at_least_once they share a producer and offset commits.

A commit request costs the client and the broker the same for one partition as for all of them.
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
from worker.kafka.transactions.idempotent import IdempotentProducer
from worker.settings import Settings

RETRY_MS = 20  # the first pause before records are sent again
STOP_TIMEOUT = 5.0  # seconds; aiokafka's stop flushes without limit


class Stoppable(Protocol):
    """A client with connections to close."""

    async def stop(self) -> None:
        """Close them."""


class Producer(Stoppable, Protocol):
    """An idempotent producer: aiokafka's, or ours."""

    async def start(self) -> None:
        """Connect."""

    def create_batch(self) -> Any:
        """Return an empty batch."""

    async def send_batch(self, batch: Any, topic: str, *, partition: int) -> asyncio.Future[Any]:
        """Enqueue a closed batch; the future is its acknowledgement."""


async def quietly_stop(producer: Stoppable) -> None:
    """Stop a producer within `STOP_TIMEOUT`, whatever state it is in."""
    await within(STOP_TIMEOUT, producer.stop())


class SharedProducer:
    """One idempotent producer for all its users; after a failure the next user gets a new one."""

    def __init__(self, new: Callable[[], Producer]) -> None:
        """Create it; `new` makes a producer that is not started."""
        self._new = new
        self._starting = asyncio.Lock()
        self._current: Producer | None = None
        self._users: dict[Producer, int] = {}

    async def acquire(self) -> Producer:
        """Return a started producer, to be given to `release` in the end.

        Raises:
            KafkaError: it can't be started.
        """
        async with self._starting:
            if self._current is None:
                self._current = await self._started()
            self._users[self._current] = self._users.get(self._current, 0) + 1
            return self._current

    async def _started(self) -> Producer:
        producer = self._new()
        try:
            await producer.start()
        except BaseException:
            await quietly_stop(producer)
            raise
        return producer

    def discard(self, producer: Producer) -> None:
        """Give this producer to no further user: its records may or may not have arrived."""
        if self._current is producer:
            self._current = None

    async def release(self, producer: Producer) -> None:
        """Remove one user; stop the producer after its last one."""
        self._users[producer] -= 1
        if not self._users[producer]:
            del self._users[producer]
            self.discard(producer)
            await quietly_stop(producer)


class Offsets(Protocol):
    """A committer of offsets."""

    async def commit(self, offsets: Mapping[TopicPartition, Position]) -> None:
        """Commit them together."""


class _Wanted(NamedTuple):
    position: Position
    done: asyncio.Future[None]


class GroupCommits:
    """A group's offset commits; those that arrive while a request is in flight share the next one."""

    def __init__(self, offsets: Offsets, timeout_ms: int) -> None:
        """Limit the wait of each caller to `timeout_ms`."""
        self._offsets, self._deadline = offsets, timeout_ms / 1000
        self._wanted: dict[TopicPartition, _Wanted] = {}
        self._task: asyncio.Task[None] | None = None

    async def commit(self, tp: TopicPartition, position: Position) -> None:
        """Commit one partition's offset; a partition may have only one commit at a time.

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
            # A caller that was cancelled meanwhile must not commit any more.
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
    """The producer and the commits that one member's partitions share."""

    def __init__(self, producer: SharedProducer, offsets: MemberOffsets, timeout_ms: int) -> None:
        self.producer, self.offsets = producer, offsets
        self.commits = GroupCommits(offsets, timeout_ms)


class Clients(NamedTuple):
    """The means by which one member's partitions reach the brokers."""

    options: dict[str, Any]  # of every client
    batch_bytes: int  # maximum of a record batch
    member: Callable[[], Membership]  # the committing member; raises NoLongerOurs when the group has lost it
    shared: Shared | None  # under at_least_once
    committed: dict[TopicPartition, int]  # the highest offset that this process has committed

    @property
    def producing(self) -> dict[str, Any]:
        """Options of a producer of outputs."""
        return producing(self.options, self.batch_bytes)


def producing(options: dict[str, Any], batch_bytes: int) -> dict[str, Any]:
    """Return the options of a producer of outputs."""
    return options | {"acks": "all", "max_batch_size": batch_bytes, "linger_ms": 0}


def clients(
    client: AIOKafkaClient,
    member: Callable[[], Membership],
    options: dict[str, Any],
    batch_bytes: int,
    settings: Settings,
    committed: dict[TopicPartition, int],
) -> Clients:
    """Build a member's clients; under at_least_once its offsets go through `client`; `committed` outlives them."""
    processing = settings.processing
    shared = None  # under exactly_once each partition has its own transactional producer
    if processing.guarantee == "at_least_once":
        offsets = MemberOffsets(client, processing.group, member)
        producer = SharedProducer(lambda: _idempotent(options, batch_bytes, processing.fast_path))
        shared = Shared(producer, offsets, processing.transaction_timeout_ms)
    return Clients(options, batch_bytes, member, shared, committed)


def _idempotent(options: dict[str, Any], batch_bytes: int, fast: bool) -> Producer:
    if fast:
        return IdempotentProducer(options, max_batch_size=batch_bytes, retry_backoff_ms=RETRY_MS)
    producer: Producer = AIOKafkaProducer(**producing(options, batch_bytes), enable_idempotence=True)
    return producer
