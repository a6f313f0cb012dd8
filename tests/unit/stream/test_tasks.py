"""Waits for the tasks of partitions: until all that are named have ended, or the time is over."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest
from aiokafka import TopicPartition

from tests.support.turns import no_callback_fails, turns
from worker.stream.tasks import PartitionTasks

A, B, C = (TopicPartition("ticks", number) for number in range(3))
LONG, SHORT = 60.0, 0.02
DEADLINE = 10.0


@pytest.fixture(autouse=True)
async def _no_callback_fails() -> AsyncIterator[None]:
    async with no_callback_fails():
        yield


@contextmanager
def timers() -> Iterator[list[asyncio.TimerHandle]]:
    """What is to happen later, of all that the block sets."""
    loop, made = asyncio.get_running_loop(), list[asyncio.TimerHandle]()
    call_later = loop.call_later

    def noted(*given: Any) -> asyncio.TimerHandle:
        made.append(call_later(*given))
        return made[-1]

    with mock.patch.object(loop, "call_later", noted):
        yield made


class Scene:
    """Three partitions whose tasks end when they are told to."""

    def __init__(self) -> None:
        self.ended: list[BaseException | None] = []
        self.tasks = PartitionTasks(self.ended.append)
        self.ends = {tp: asyncio.Event() for tp in (A, B, C)}
        for tp, end in self.ends.items():
            self.tasks.start(tp, self._work(end))

    async def _work(self, end: asyncio.Event) -> None:
        await end.wait()

    def wait(self, *tps: TopicPartition, seconds: float = LONG) -> asyncio.Task[None]:
        return asyncio.create_task(self.tasks.wait(tps, seconds))

    async def end(self, *tps: TopicPartition) -> None:
        """Let tasks end, and see that they have."""
        so_far = len(self.ended)
        for tp in tps:
            self.ends[tp].set()
        async with asyncio.timeout(DEADLINE):
            while len(self.ended) < so_far + len(tps):
                await asyncio.sleep(0)
        await turns()

    def clean(self) -> bool:
        """Whether no wait is left behind."""
        return not self.tasks._waits


async def test_ends_when_all_named_have_ended() -> None:
    one = Scene()
    waiting = one.wait(A, B)
    await one.end(A)
    assert not waiting.done()
    await one.end(B)
    assert waiting.done()  # C still runs
    assert one.clean()
    await one.tasks.cancel()


async def test_ends_in_time_though_a_task_runs() -> None:
    one = Scene()
    async with asyncio.timeout(DEADLINE):
        for seconds in (SHORT, 0.0, -1.0):
            await one.tasks.wait((A, B, C), seconds)
    assert not one.ended
    assert one.clean()
    await one.end(A, B, C)  # nobody waits any more
    assert one.ended == [None] * 3


async def test_a_time_that_is_over_ends_only_its_own_wait() -> None:
    one = Scene()
    brief, long = one.wait(A, seconds=SHORT), one.wait(A)
    async with asyncio.timeout(DEADLINE):
        await brief
    await turns()
    assert not long.done()
    await one.end(A)
    assert long.done()
    assert one.clean()
    await one.tasks.cancel()


async def test_several_waits_at_once() -> None:
    one = Scene()
    waits = [one.wait(A), one.wait(A, B), one.wait(C, B), one.wait(A, B, C), one.wait(A)]
    await turns()
    states = []
    for tp in (A, B, C):
        await one.end(tp)
        states.append([waiting.done() for waiting in waits])
    assert states == [
        [True, False, False, False, True],
        [True, True, False, False, True],
        [True, True, True, True, True],
    ]
    assert one.clean()


async def test_no_timer_is_left_behind() -> None:
    one = Scene()
    with timers() as made:
        waits = [one.wait(A), one.wait(A)]
        await turns()
        assert [timer.cancelled() for timer in made] == [False, False]
        waits[0].cancel()
        await one.end(A)
        assert [timer.cancelled() for timer in made] == [True, True]
    await one.tasks.cancel()


async def test_a_partition_without_a_task_is_not_waited_for() -> None:
    one = Scene()
    await one.end(A)
    async with asyncio.timeout(DEADLINE):
        await one.tasks.wait((A,), LONG)
        await one.tasks.wait((), LONG)
        await PartitionTasks(one.ended.append).wait((A, B), LONG)
    waiting = one.wait(A, B)
    await one.end(B)
    assert waiting.done()
    await one.tasks.cancel()


async def test_cancelled_tasks_end_the_wait_when_they_have_ended() -> None:
    one = Scene()
    async with asyncio.timeout(DEADLINE):
        await one.tasks.cancel()
        assert one.ended == [None] * 3
        last, may_end = asyncio.Event(), asyncio.Event()

        async def slow() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                last.set()
                await may_end.wait()

        one.tasks.start(A, slow())
        waiting = one.wait(A)
        await turns()
        cancelling = asyncio.create_task(one.tasks.cancel(LONG))
        await last.wait()
        await turns()
        assert not waiting.done()  # its last work is not done yet
        may_end.set()
        await waiting
        await cancelling
    assert one.clean()


async def test_a_task_that_fails_ends_the_wait_and_its_error_is_told() -> None:
    one = Scene()
    failure = OSError("no space left")

    async def failing() -> None:
        raise failure

    await one.end(A)
    one.tasks.start(A, failing())
    async with asyncio.timeout(DEADLINE):
        await one.tasks.wait((A,), LONG)
    assert one.ended == [None, failure]
    await one.tasks.cancel()


async def test_a_cancelled_wait_cancels_no_task_and_no_other_wait() -> None:
    one = Scene()
    given_up, kept = one.wait(A, B), one.wait(A)
    await turns()
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    assert len(one.tasks._waits) == 1
    assert not one.ended
    await one.end(A)
    assert kept.done()
    assert one.ended == [None]
    assert one.clean()
    await one.tasks.cancel()


async def test_a_wait_that_is_cancelled_as_its_task_ends() -> None:
    one = Scene()
    waiting = one.wait(A)
    await turns()
    one.ends[A].set()
    await asyncio.sleep(0)  # it has ended, and nobody has been told
    assert not one.ended
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await one.end(B)
    assert one.ended == [None, None]
    assert one.clean()
    await one.tasks.cancel()
