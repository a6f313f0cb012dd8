"""The poll loop where commits fail: the outcome is unknown, the state is lost, or somebody else owns the partition."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext

import pytest

from tests.support.poll_loop.running import (
    GUARANTEES,
    LONG,
    TP,
    group_of,
    running,
)
from tests.support.virtual_time import clock, in_virtual_time
from worker.errors import AlphapulseError, DataError, TryAgain
from worker.kafka.errors import Fenced, LeftBehind, StateLost
from worker.stream.phases import Phase


@GUARANTEES
@pytest.mark.parametrize("fault", ["unknown", "lost"])
@in_virtual_time
async def test_after_an_unknown_outcome_the_partition_goes_on_from_what_is_committed(
    fault: str, guarantee: str
) -> None:
    group = group_of(guarantee, records=45)
    group.first.faults = ["ok", "ok", fault, fault]
    worker = await running(group, 0)
    await worker.until(lambda: not worker.member.last_commit_ok)
    assert TP in worker.member.begun
    await worker.finish()
    assert worker.member.last_commit_ok
    assert group.first.openings == 3


@in_virtual_time
async def test_a_batch_that_fails_each_time_is_tried_later_and_later() -> None:
    group = group_of()
    group.first.faults = ["unknown"] * 6
    worker = await running(group, 0)
    begun = clock().now
    await worker.until(lambda: not group.first.faults)
    assert clock().now - begun > 0.8 * (0.1 + 0.2 + 0.4 + 0.8 + 1.6)
    await worker.finish()


@in_virtual_time
async def test_a_lost_state_is_restored() -> None:
    group = group_of()
    group.first.faults = ["ok", StateLost("gone")]
    worker = await running(group, 0)
    await worker.finish()
    assert (group.first.openings, worker.member.last_commit_ok) == (2, True)


@in_virtual_time
async def test_a_commit_that_no_retry_can_help_ends_the_member() -> None:
    group = group_of()
    group.first.faults = [DataError("too large")]
    worker = await running(group, 0)
    with pytest.raises(DataError):
        await worker.loop
    assert not await worker.close()
    group.check()
    assert (group.first.offset, group.saves) == (100, 0)


@GUARANTEES
@in_virtual_time
async def test_a_fenced_partition_is_left_to_its_owner(guarantee: str) -> None:
    group = group_of(guarantee, partitions=2)
    group.produce(8, number=1)
    worker = await running(group, 0, 1)
    await worker.done()
    group.rival(group.first, 0)
    group.produce(5)
    await worker.loop
    assert worker.phase is Phase.FAILED
    await asyncio.sleep(LONG)
    assert (worker.phase, group.first.owner) == (Phase.FAILED, 2), "two members would fence each other for ever"
    assert await worker.close()
    group.check()
    worker = await running(group, 0, 1)
    await worker.finish()


@in_virtual_time
async def test_an_opening_that_is_fenced_is_left_to_the_other() -> None:
    group = group_of()
    group.first.refusals = [Fenced("a newer epoch")]
    worker = await running(group, 0)
    await worker.loop
    assert (worker.phase, group.first.offset) == (Phase.FAILED, 100)
    assert await worker.close()


@pytest.mark.parametrize(("cause", "error"), [(Fenced, TryAgain), (LeftBehind, None)])
@in_virtual_time
async def test_a_member_with_a_name_gives_it_up_to_who_has_taken_it(
    cause: type[Fenced], error: type[AlphapulseError] | None
) -> None:
    group = group_of(name="one")
    group.first.faults = [cause("fenced")]
    worker = await running(group, 0)
    with pytest.raises(error) if error else nullcontext():
        await worker.loop
    assert await worker.close()
