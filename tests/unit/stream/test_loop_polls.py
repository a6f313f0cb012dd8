"""The poll loop where it polls: positions and markers, lingering, saves, and polls that fail."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.errors import CorruptRecordException, KafkaConnectionError, OffsetOutOfRangeError

from tests.support.poll_loop.cluster import STEP
from tests.support.poll_loop.running import (
    TP,
    group_of,
    running,
)
from tests.support.virtual_time import clock, in_virtual_time
from worker.errors import DataError
from worker.stream.phases import Phase


@in_virtual_time
async def test_markers_behind_the_last_record_are_committed() -> None:
    group = group_of(records=3)
    of = group.first
    of.marker()
    group.produce(2)
    of.marker()
    worker = await running(group, 0)
    await worker.done()
    of.marker()
    group.changed.set()
    await worker.until(lambda: of.offset == of.end == 108)
    await worker.finish()


@in_virtual_time
async def test_the_small_batches_of_a_poll_are_waited_for_before_the_next() -> None:
    group = group_of(records=0, partitions=2)
    slow, quick = group.inputs.values()
    slow.seconds = 0.015
    worker = await running(group, 0, 1)
    await worker.reached(Phase.READY)
    slow.produce(1)
    group.produce(1, number=1)
    await worker.until(lambda: quick.offset == quick.end)
    assert slow.offset < slow.end
    group.produce(1, number=1)
    await worker.until(lambda: quick.offset == quick.end)
    assert slow.offset == slow.end
    await worker.finish()


@in_virtual_time
async def test_small_batches_that_take_long_linger_as_long() -> None:
    group = group_of(records=1)
    group.first.seconds = 0.03
    worker = await running(group, 0)
    await worker.done()
    first = clock().now
    group.produce(1)
    await worker.done()
    assert clock().now - first >= 0.03 + 0.03 - STEP
    await worker.finish()


@in_virtual_time
async def test_large_batches_do_not_linger() -> None:
    group = group_of(records=12)
    group.first.seconds = 0.03
    worker = await running(group, 0)
    await worker.done()
    await worker.reached(Phase.READY)
    assert worker.member.partitions[TP].linger_until == 0.0
    await worker.finish()


@in_virtual_time
async def test_one_partition_that_lingers_does_not_hold_up_another() -> None:
    group = group_of(records=1, partitions=2)
    group.first.seconds = 0.5
    worker = await running(group, 0, 1)
    await worker.done()
    begun = clock().now
    group.produce(20, number=1)
    await worker.done()
    assert clock().now - begun < 0.1
    await worker.finish()


@in_virtual_time
async def test_a_quiet_partition_is_saved() -> None:
    group = group_of()
    worker = await running(group, 0)
    await worker.done()
    saves = group.saves
    await asyncio.sleep(3.0)
    assert group.saves > saves
    await worker.finish()


@in_virtual_time
async def test_what_is_published_is_committed_at_most_an_interval_later() -> None:
    group = group_of("at_least_once")
    worker = await running(group, 0)
    await worker.until(lambda: len(group.first.outputs) == 25)
    assert group.first.offset < group.first.end
    await asyncio.sleep(group.settings.processing.commit_interval_ms / 1000 + 0.2)
    assert group.first.offset == group.first.end
    await worker.finish()


@in_virtual_time
async def test_records_that_arrive_damaged_are_fetched_again() -> None:
    group = group_of(records=45)
    worker = await running(group, 0)
    worker.consumer.failures = [CorruptRecordException("crc"), CorruptRecordException("crc")]
    await worker.finish()


@in_virtual_time
async def test_records_that_are_damaged_each_time_end_the_member() -> None:
    group = group_of(records=45)
    worker = await running(group, 0)
    worker.consumer.failures = [CorruptRecordException("crc") for _ in range(3)]
    with pytest.raises(DataError):
        await worker.loop
    assert await worker.close()
    group.check()


@in_virtual_time
async def test_an_offset_that_the_broker_does_not_have_is_looked_into() -> None:
    group = group_of(records=5)
    worker = await running(group, 0)
    await worker.done()
    await worker.reached(Phase.READY)
    worker.consumer.failures = [OffsetOutOfRangeError({TP: 105})]
    group.produce(5)
    await worker.reached(Phase.RESTORING)
    await worker.finish()
    assert group.first.openings == 2


@in_virtual_time
async def test_a_membership_whose_polls_fail_ends_and_the_next_goes_on() -> None:
    group = group_of(records=45)
    worker = await running(group, 0)
    worker.consumer.failures = [KafkaConnectionError("away")]
    await worker.loop
    assert await worker.close()
    group.check()
    worker = await running(group, 0)
    await worker.finish()
