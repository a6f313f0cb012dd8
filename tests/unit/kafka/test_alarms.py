"""Alarms ring when they are due, in their order or not, and cost one timer of the loop."""

from __future__ import annotations

import asyncio
import gc
import random

import pytest
import uvloop

from tests.support.virtual_time import in_virtual_time
from worker.kafka.alarms import Alarms, alarms, timeout


@pytest.mark.parametrize("seed", range(20))
@in_virtual_time
async def test_each_rings_once_at_its_time_unless_it_is_cancelled(seed: int) -> None:
    dice, loop, rung = random.Random(seed), asyncio.get_running_loop(), dict[int, float]()
    begun, kept, expected = loop.time(), Alarms(loop), dict[int, float]()
    for number in range(50):
        seconds = dice.choice((0.0, 0.5, 1.0, 30.0)) + dice.random()

        def ring(number: int = number) -> None:
            assert number not in rung
            rung[number] = loop.time()

        due = loop.time() + seconds
        alarm = kept.after(seconds, ring)
        if dice.random() < 0.5:
            await asyncio.sleep(dice.random() / 10)
        if number not in rung and dice.random() < 0.4:
            kept.cancel(alarm)
        else:
            expected[number] = due
    await asyncio.sleep(40.0)
    assert rung.keys() == expected.keys()
    assert all(0.0 <= at - expected[number] < 0.001 for number, at in rung.items())
    assert loop.time() - begun < 60.0


@in_virtual_time
async def test_a_block_that_takes_longer_is_a_time_out() -> None:
    loop = asyncio.get_running_loop()
    begun = loop.time()
    with pytest.raises(TimeoutError):
        async with timeout(5.0):
            await asyncio.sleep(10.0)
    assert 5.0 <= loop.time() - begun < 5.1
    async with timeout(5.0):
        await asyncio.sleep(4.0)
    await asyncio.sleep(10.0)  # an alarm that was left would cancel this


@in_virtual_time
async def test_its_error_and_a_cancellation_from_outside_stay_what_they_are() -> None:
    with pytest.raises(ZeroDivisionError):
        async with timeout(5.0):
            raise ZeroDivisionError

    async def work() -> None:
        async with timeout(5.0):
            await asyncio.sleep(10.0)

    task = asyncio.create_task(work())
    await asyncio.sleep(1.0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@in_virtual_time
async def test_an_alarm_may_set_and_cancel_others() -> None:
    rung: list[str] = []
    of = alarms()
    assert of is alarms()
    other = of.after(2.0, lambda: rung.append("other"))

    def first() -> None:
        rung.append("first")
        of.cancel(other)
        of.after(1.0, lambda: rung.append("next"))

    of.after(1.0, first)
    await asyncio.sleep(5.0)
    assert rung == ["first", "next"]


@in_virtual_time
async def test_a_deadline_that_was_kept_leaves_no_circle() -> None:
    """Circles of a batch would be kept until the collector's rare run, which then stops the worker for long."""
    gc.collect()
    gc.disable()
    try:
        for _ in range(100):
            async with timeout(5.0):
                await asyncio.sleep(0)
        assert gc.collect() < 20  # what other tests' loops have left
    finally:
        gc.enable()


@pytest.mark.parametrize("seed", range(5))
def test_they_ring_in_the_loop_that_workers_have(seed: int) -> None:
    """Its timers have a resolution of a millisecond, and what is due now is none of them."""
    dice, rung = random.Random(seed), list[float]()

    async def many() -> None:
        loop, of, set_ = asyncio.get_running_loop(), alarms(), 0
        end = loop.time() + 0.3
        while loop.time() < end:
            alarm = of.after(dice.random() * dice.choice((0.0, 0.0004, 0.002, 0.02)), lambda: rung.append(loop.time()))
            if dice.random() < 0.5:
                of.cancel(alarm)
            else:
                set_ += 1
            await asyncio.sleep(dice.choice((0.0, 0.0003, 0.002)))
        over = loop.create_future()
        of.after(0.05, lambda: over.set_result(None))
        await over
        assert len(rung) == set_
        assert not len(of)

    uvloop.run(many())
