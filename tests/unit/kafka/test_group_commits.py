"""Commits that are asked for while one is under way share the next request."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError

from worker.kafka.producers import GroupCommits
from worker.kafka.protocol.answers import NoLongerOurs
from worker.kafka.protocol.offsets import Position
from worker.kafka.protocol.strict import Unclear

PARTITIONS = [TopicPartition("ticks", number) for number in range(4)]


class Broker:
    """Answers each request when it is told to."""

    def __init__(self) -> None:
        self.requests: list[dict[TopicPartition, int]] = []
        self.answers: list[asyncio.Future[None]] = []

    async def commit(self, offsets: dict[TopicPartition, Position]) -> None:
        self.requests.append({tp: offset.offset for tp, offset in offsets.items()})
        self.answers.append(asyncio.get_running_loop().create_future())
        await self.answers[-1]


async def settle() -> None:
    """Let every task that can go on do so."""
    for _ in range(10):
        await asyncio.sleep(0)


def asked(commits: GroupCommits, number: int, offset: int) -> asyncio.Task[None]:
    return asyncio.create_task(commits.commit(PARTITIONS[number], Position(offset)))


async def test_one_request_for_all_that_wait() -> None:
    broker: Any = Broker()
    commits = GroupCommits(broker, 10_000)
    first = asked(commits, 0, 10)
    await settle()
    others = [asked(commits, number, 20) for number in (1, 2, 3)]
    await settle()
    assert broker.requests == [{PARTITIONS[0]: 10}]
    broker.answers[0].set_result(None)
    await first
    await settle()
    assert broker.requests[1:] == [dict.fromkeys(PARTITIONS[1:], 20)]
    assert not any(task.done() for task in others)
    broker.answers[1].set_result(None)
    await asyncio.gather(*others)
    again = asked(commits, 0, 30)
    await settle()
    broker.answers[2].set_result(None)
    await again
    assert broker.requests[2:] == [{PARTITIONS[0]: 30}]


async def test_a_failure_reaches_all_of_its_request_and_no_other() -> None:
    broker: Any = Broker()
    commits = GroupCommits(broker, 10_000)
    first = asked(commits, 0, 10)
    await settle()
    second = asked(commits, 1, 20)
    await settle()
    broker.answers[0].set_exception(CommitFailedError("rebalance"))
    with pytest.raises(CommitFailedError):
        await first
    await settle()
    broker.answers[1].set_result(None)
    await second


async def test_who_is_cancelled_commits_no_more() -> None:
    broker: Any = Broker()
    commits = GroupCommits(broker, 10_000)
    first = asked(commits, 0, 10)
    await settle()
    cancelled, kept = asked(commits, 1, 20), asked(commits, 2, 20)
    await settle()
    cancelled.cancel()
    first.cancel()  # its request is on the way: nobody is told, and the others go on
    await settle()
    broker.answers[0].set_result(None)
    await settle()
    assert broker.requests[1:] == [{PARTITIONS[2]: 20}]
    broker.answers[1].set_result(None)
    await kept
    assert first.cancelled()
    assert cancelled.cancelled()


async def test_nobody_waits_beyond_the_deadline() -> None:
    broker: Any = Broker()
    commits = GroupCommits(broker, 20)
    late = asked(commits, 0, 10)
    await settle()
    after = asked(commits, 1, 20)
    with pytest.raises(TimeoutError):
        await late
    await settle()
    assert broker.requests == [{PARTITIONS[0]: 10}, {PARTITIONS[1]: 20}]
    broker.answers[1].set_result(None)
    await after


async def test_whatever_goes_wrong_is_told_to_who_waits_and_the_next_goes_on() -> None:
    broker: Any = Broker()
    commits = GroupCommits(broker, 10_000)
    for error in (NoLongerOurs("gone"), Unclear("nothing said"), TypeError("a fault of ours")):
        waiting = asked(commits, 0, 10)
        await settle()
        broker.answers[-1].set_exception(error)
        with pytest.raises(type(error)):
            await waiting
    again = asked(commits, 0, 30)
    await settle()
    broker.answers[-1].set_result(None)
    await again
    assert broker.requests[-1] == {PARTITIONS[0]: 30}
