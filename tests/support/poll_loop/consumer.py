"""A consumer in memory: it does what the client does, at every await where the client waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from types import SimpleNamespace
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import CorruptRecordException, IllegalStateError, OffsetOutOfRangeError

from tests.support.poll_loop.cluster import STEP, TOPIC, Cluster
from tests.support.virtual_time import clock
from worker.stream.member import Member
from worker.stream.phases import Phase

POLL_RECORDS = 12  # most that one poll returns of a partition


class _Assigned:
    """What a consumer knows of a partition in one generation."""

    def __init__(self) -> None:
        self.position: int | None = None
        self.paused = False


class FakeConsumer:
    """A consumer in the group; the test is its coordinator."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.member: Member | None = None
        self.failures: list[Exception] = []  # of the next polls
        self.polls = 0
        self.refusals: list[Exception] = []  # of `start`
        self.meanwhile: list[Callable[[], Awaitable[None]]] = []  # done while the position is looked up
        self._fetcher, self._coordinator = FakeFetcher(self), SimpleNamespace(check_errors=lambda: None)
        self._assigned: dict[TopicPartition, _Assigned] = {}
        self.rebalancing = False

    async def start(self) -> None:
        if self.refusals:
            raise self.refusals.pop()

    # -- as a coordinator

    async def revoke(self) -> None:
        """Begin a rebalance."""
        self.rebalancing = True
        assert self.member is not None
        await self.member.on_partitions_revoked(set(self._assigned))

    async def assign(self, *numbers: int) -> None:
        """End it."""
        self._assigned = {TopicPartition(TOPIC, number): _Assigned() for number in numbers}
        self.rebalancing = False
        self.cluster.changed.set()
        assert self.member is not None
        await self.member.on_partitions_assigned(set(self._assigned))

    async def rebalance(self, *numbers: int) -> None:
        """Both."""
        await self.revoke()
        await asyncio.sleep(STEP)
        await self.assign(*numbers)

    # -- as a consumer

    def assignment(self) -> set[TopicPartition]:
        return set(self._assigned)

    def partitions_for_topic(self, topic: str) -> set[int]:
        return {tp.partition for tp in self.cluster.inputs}

    async def position(self, tp: TopicPartition) -> int:
        await asyncio.sleep(0)
        if self.meanwhile:
            await self.meanwhile.pop()()
        found = self._state(tp).position
        assert found is not None, "the real one would wait for ever"
        return found

    def seek(self, tp: TopicPartition, offset: int) -> None:
        if offset < 0:
            raise ValueError("Offset must be a positive integer")
        self._state(tp).position = offset

    def pause(self, *tps: TopicPartition) -> None:
        for tp in tps:
            self._state(tp).paused = True

    def resume(self, *tps: TopicPartition) -> None:
        for tp in tps:
            self._state(tp).paused = False
        self.cluster.changed.set()

    def last_stable_offset(self, tp: TopicPartition) -> int:
        return self.cluster.inputs[tp].end

    async def getmany(self, *tps: TopicPartition, timeout_ms: int = 0) -> dict[TopicPartition, list[Any]]:
        self.polls += 1
        self._check_positions()
        end = clock().now + timeout_ms / 1000
        while True:
            self.cluster.changed.clear()
            await asyncio.sleep(0)
            if not self.rebalancing:
                self._fail(damaged=False)
                if found := self._found(tps or tuple(self._assigned)):
                    self._fail(damaged=True)
                    return found
            if not self.rebalancing and clock().now >= end:
                return {}
            left = None if self.rebalancing else max(end - clock().now, STEP)
            try:
                async with asyncio.timeout(left):
                    await self.cluster.changed.wait()
            except TimeoutError:
                continue

    def _fail(self, damaged: bool) -> None:
        """Damaged records are met when they are read, and positions have moved; all else comes before."""
        if self.failures and isinstance(self.failures[0], CorruptRecordException) is damaged:
            raise self.failures.pop(0)

    def _found(self, tps: Iterable[TopicPartition]) -> dict[TopicPartition, list[Any]]:
        found: dict[TopicPartition, list[Any]] = {}
        for tp in tps:
            state, of = self._assigned.get(tp), self.cluster.inputs[tp]
            if state is None or state.paused or state.position is None:
                continue
            if not of.start <= state.position <= of.end:
                raise OffsetOutOfRangeError({tp: state.position})
            rows = of.between(state.position, of.end)[:POLL_RECORDS]
            rest = of.between(rows[-1].offset + 1 if rows else state.position, of.end)
            state.position = rest[0].offset if rest else of.end
            if rows:
                found[tp] = list(rows)
        return found

    def fetched(self) -> set[TopicPartition]:
        """Of which partitions something is there for the next poll."""
        if self.failures and not isinstance(self.failures[0], CorruptRecordException):
            return set(self._assigned)
        ready = {tp: of for tp, of in self._assigned.items() if not of.paused and of.position is not None}
        return {tp for tp, of in ready.items() if of.position != self.cluster.inputs[tp].end}

    def _state(self, tp: TopicPartition) -> _Assigned:
        if tp not in self._assigned:
            raise IllegalStateError(f"{tp} is not assigned")
        return self._assigned[tp]

    def _check_positions(self) -> None:
        """While a partition is READY the consumer's position is its `next`, but for markers that it has passed."""
        assert self.member is not None
        for tp, partition in self.member.partitions.items():
            state = self._assigned.get(tp)
            if partition.phase is Phase.READY and state is not None and not self.rebalancing:
                position = -1 if state.position is None else state.position
                passed = self.cluster.inputs[tp].between(partition.next, position)
                told = f"{tp} is READY: position {position}, next {partition.next}"
                self.cluster.rule(position >= partition.next and not passed, told)


class FakeFetcher:
    """What the polling looks at beside the consumer's methods."""

    def __init__(self, consumer: FakeConsumer) -> None:
        self._consumer, self._subscriptions = consumer, self

    @property
    def reassignment_in_progress(self) -> bool:
        return self._consumer.rebalancing

    @property
    def _records(self) -> set[TopicPartition]:
        return self._consumer.fetched()

    def _create_fetch_waiter(self) -> asyncio.Future[Any]:
        changed, waiter = self._consumer.cluster.changed, asyncio.get_running_loop().create_future()
        changed.clear()
        watch = asyncio.ensure_future(changed.wait())
        watch.add_done_callback(lambda _: None if waiter.done() else waiter.set_result(None))
        waiter.add_done_callback(lambda _: watch.cancel())
        return waiter
