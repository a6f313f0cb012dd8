"""A member whose loop runs, brought to each phase that a partition may be in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeAlias

import pytest
from aiokafka import TopicPartition

from tests.support.poll_loop.cluster import STEP, TOPIC, Input
from tests.support.poll_loop.consumer import FakeConsumer
from tests.support.poll_loop.group import Group
from tests.support.virtual_time import clock
from worker.kafka.deadline import Deadline
from worker.kafka.errors import Fenced
from worker.stream.member import Member
from worker.stream.phases import MemberState, Phase
from worker.stream.shutdown import Shutdown

TP = TopicPartition(TOPIC, 0)
SECONDS = 10.0  # to leave within
LONG = 120.0  # seconds; whatever is to come has come
GUARANTEES = pytest.mark.parametrize("guarantee", ["exactly_once", "at_least_once"])


class Running:
    """A member whose loop runs."""

    def __init__(self, group: Group) -> None:
        self.group, self.shutdown = group, Shutdown(60.0)
        self.member: Member
        self.consumer: FakeConsumer
        self.member, self.consumer = group.member()
        self.loop = asyncio.ensure_future(self.member.run(self.shutdown))

    @property
    def phase(self) -> Phase:
        """Of the first partition."""
        return self.member.partitions[TP].phase

    @property
    def state(self) -> MemberState:
        """Of the member."""
        return self.member._machine.state

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait for a condition."""
        async with asyncio.timeout(LONG):
            while not holds():
                await asyncio.sleep(STEP)

    async def reached(self, phase: Phase) -> None:
        """Wait for the first partition's phase."""
        await self.until(lambda: TP in self.member.partitions and self.phase is phase)

    async def done(self) -> None:
        """Wait until all input is committed."""
        await self.until(lambda: all(of.offset == of.end for of in self.group.inputs.values()))

    async def leave(self) -> bool:
        """Stop; returns whether all that was begun is committed."""
        self.shutdown.asked.set()
        await self.loop
        return await self.close()

    async def close(self) -> bool:
        """Leave the group, within the time for it."""
        begun = clock().now
        committed = await self.member.close(Deadline(SECONDS, clock()))
        assert clock().now - begun <= SECONDS
        return committed

    async def finish(self) -> None:
        """All goes through, nothing twice and nothing skipped."""
        await self.done()
        assert await self.leave()
        self.group.check()
        assert all(of.offset == of.end for of in self.group.inputs.values())


async def running(group: Group, *numbers: int) -> Running:
    """A member with these partitions."""
    worker = Running(group)
    await worker.consumer.rebalance(*numbers)
    return worker


def group_of(guarantee: str = "exactly_once", records: int = 25, partitions: int = 1, name: str | None = None) -> Group:
    """A group with some input in its first partition."""
    group = Group(partitions, guarantee, group_instance_id=name)
    group.produce(records)
    return group


Begin: TypeAlias = Callable[[Running, Input], Coroutine[Any, Any, None]]


async def while_restoring(worker: Running, of: Input) -> None:
    of.answers.clear()
    await worker.consumer.rebalance(0)
    await worker.until(lambda: of.openings > 0 or of.owner > 0)


async def while_ready(worker: Running, of: Input) -> None:
    await worker.consumer.rebalance(0)
    await worker.done()
    await worker.reached(Phase.READY)
    await asyncio.sleep(0.05)


async def while_busy(worker: Running, of: Input) -> None:
    of.seconds = 0.05
    await worker.consumer.rebalance(0)
    await worker.reached(Phase.BUSY)


async def while_stuck(worker: Running, of: Input) -> None:
    of.faults = ["ok", "ok", "stuck"]
    await worker.consumer.rebalance(0)
    await worker.until(lambda: not of.faults)
    await asyncio.sleep(2 * STEP)
    assert worker.phase is Phase.BUSY


async def while_parked(worker: Running, of: Input) -> None:
    await while_ready(worker, of)
    of.answers.clear()
    await worker.consumer.rebalance(0)
    await asyncio.sleep(0.1)
    assert worker.phase is Phase.PARKED


async def while_unknown(worker: Running, of: Input) -> None:
    of.faults = ["ok", "ok", "lost", "lost"]  # the second pause is longer than a turn of the loop
    await worker.consumer.rebalance(0)
    await worker.until(lambda: not of.faults and not worker.member.last_commit_ok)


async def while_failed(worker: Running, of: Input) -> None:
    of.faults = ["ok", "ok", Fenced("a newer epoch")]
    await worker.consumer.rebalance(0)
    await worker.reached(Phase.FAILED)


PHASES = {
    Phase.RESTORING: while_restoring,
    Phase.READY: while_ready,
    Phase.BUSY: while_busy,
    Phase.PARKED: while_parked,
    Phase.FAILED: while_failed,
}
EVERY_PHASE = pytest.mark.parametrize("begin", [*PHASES.values(), while_stuck, while_unknown])
