"""The poll loop where the process is asked to stop, in every phase that a partition may be in."""

from __future__ import annotations

import asyncio

from aiokafka import TopicPartition

from tests.support.poll_loop.cluster import STEP, TOPIC
from tests.support.poll_loop.running import (
    EVERY_PHASE,
    GUARANTEES,
    LONG,
    Begin,
    Running,
    group_of,
    running,
    while_busy,
    while_failed,
    while_parked,
    while_ready,
    while_stuck,
)
from tests.support.virtual_time import clock, in_virtual_time


@GUARANTEES
@EVERY_PHASE
@in_virtual_time
async def test_a_stop_leaves_nothing_that_is_committed_in_doubt(begin: Begin, guarantee: str) -> None:
    group = group_of(guarantee, records=45)
    worker = Running(group)
    await begin(worker, group.first)
    saves = group.saves
    committed = await worker.leave()
    published_alone = begin is while_failed and guarantee == "at_least_once"
    assert committed is not (begin is while_stuck or published_alone)
    group.check()
    if begin in (while_ready, while_busy, while_parked) and guarantee == "exactly_once":
        assert group.saves > saves
    group.first.answers.set()
    worker = await running(group, 0)
    await worker.finish()


@in_virtual_time
async def test_a_stop_while_a_partition_is_parked_saves_it() -> None:
    group = group_of()
    worker = Running(group)
    await while_ready(worker, group.first)
    await worker.consumer.revoke()
    saves = group.saves
    assert await worker.leave()
    assert group.saves > saves


@in_virtual_time
async def test_an_assignment_that_comes_while_the_member_leaves_opens_nothing() -> None:
    group = group_of(partitions=2)
    worker = Running(group)
    await while_busy(worker, group.first)
    worker.shutdown.asked.set()
    await worker.loop
    closing = asyncio.ensure_future(worker.close())
    await asyncio.sleep(STEP)
    await worker.consumer.rebalance(0, 1)
    assert await closing
    await asyncio.sleep(LONG)
    assert group.inputs[TopicPartition(TOPIC, 1)].owner == 0
    group.check()


@in_virtual_time
async def test_a_rebalance_on_the_way_out_commits_nothing_twice() -> None:
    group = group_of("at_least_once")
    worker = await running(group, 0)
    await worker.until(lambda: len(group.first.outputs) == 25)
    group.first.seconds = 0.05
    worker.shutdown.asked.set()
    await worker.loop
    closing = asyncio.ensure_future(worker.close())
    await asyncio.sleep(STEP)
    await worker.consumer.rebalance(0)
    assert await closing
    group.check()
    assert group.first.offset == group.first.end


@in_virtual_time
async def test_a_poll_that_waits_through_a_rebalance_does_not_hold_a_stop_up() -> None:
    group = group_of()
    worker = await running(group, 0)
    await worker.done()
    await worker.consumer.revoke()
    begun = clock().now
    assert await worker.leave()
    assert clock().now - begun < 1.0
