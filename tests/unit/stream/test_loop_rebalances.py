"""The poll loop where partitions are assigned and revoked, in every phase that they may be in."""

from __future__ import annotations

import asyncio
from typing import Any
from unittest import mock

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError, OffsetOutOfRangeError

from tests.support.poll_loop.cluster import STEP, TOPIC
from tests.support.poll_loop.group import Group
from tests.support.poll_loop.running import (
    EVERY_PHASE,
    GUARANTEES,
    PHASES,
    TP,
    Begin,
    Running,
    group_of,
    running,
    while_failed,
    while_ready,
    while_restoring,
)
from tests.support.virtual_time import clock, in_virtual_time
from worker.errors import ConfigError
from worker.kafka.seams import arrivals
from worker.stream.phases import Event, MemberState, Phase

SECOND = TopicPartition(TOPIC, 1)


@GUARANTEES
@in_virtual_time
async def test_an_assigned_partition_is_fenced_and_restored_and_goes_on(guarantee: str) -> None:
    group = group_of(guarantee)
    worker = await running(group, 0)
    await worker.reached(Phase.BUSY)
    assert [event for _, _, event, _ in group.history] == [Event.ASSIGNED, Event.RESTORED, Event.STARTED]
    assert group.first.owner == 1
    await worker.finish()


@in_virtual_time
async def test_a_member_without_partitions_polls_and_takes_what_comes() -> None:
    group = group_of()
    worker = await running(group)
    polls = worker.consumer.polls
    await asyncio.sleep(1.0)
    assert worker.consumer.polls > polls + 5, "the group forgets who does not poll"
    await worker.consumer.rebalance(0)
    await worker.finish()


@in_virtual_time
async def test_an_opening_that_fails_is_tried_again_later_and_later() -> None:
    group = group_of()
    group.first.refusals = [KafkaConnectionError("away") for _ in range(4)]
    worker = await running(group, 0)
    begun = clock().now
    await worker.reached(Phase.READY)
    assert clock().now - begun > 0.1 + 0.2 + 0.4 + 0.8 - 0.5
    await worker.finish()


@in_virtual_time
async def test_an_opening_that_cannot_succeed_ends_the_member() -> None:
    group = group_of()
    group.first.refusals = [ConfigError("no such topic")]
    worker = await running(group, 0)
    with pytest.raises(ConfigError):
        await worker.loop
    await worker.close()
    assert not group.first.outputs


def test_every_phase_is_tried() -> None:
    assert set(PHASES) == set(Phase)


@GUARANTEES
@EVERY_PHASE
@in_virtual_time
async def test_a_revoked_partition_that_comes_back_goes_on(begin: Begin, guarantee: str) -> None:
    group = group_of(guarantee, records=45)
    worker = Running(group)
    await begin(worker, group.first)
    await worker.consumer.revoke()
    assert worker.phase in (Phase.RESTORING, Phase.BUSY, Phase.PARKED, Phase.FAILED)
    started = len(group.history)
    group.produce(10)
    await asyncio.sleep(1.0)
    assert group.history[started:] == [], "something happens between two assignments"
    assert group.first.offset == worker.member.partitions[TP].next or worker.phase is not Phase.PARKED
    group.first.answers.set()
    await worker.consumer.assign(0)
    if begin is while_failed:  # only a new membership goes on
        await worker.loop
        await worker.close()
        worker = await running(group, 0)
    await worker.finish()


@GUARANTEES
@pytest.mark.parametrize("records", [0, 7])
@EVERY_PHASE
@in_virtual_time
async def test_a_revoked_partition_goes_on_elsewhere(begin: Begin, records: int, guarantee: str) -> None:
    group = group_of(guarantee, records=45)
    worker = Running(group)
    await begin(worker, group.first)
    await worker.consumer.revoke()
    group.produce(10)
    group.rival(group.first, records)
    await worker.consumer.assign()
    assert TP not in worker.member.partitions
    await asyncio.sleep(1.0)
    group.rival(group.first, records)
    group.first.answers.set()
    group.first.faults.clear()
    await asyncio.sleep(1.0)
    if begin is while_failed:
        await worker.loop
        await worker.close()
        worker = await running(group, 0)
    else:
        await worker.consumer.rebalance(0)
    await worker.finish()


@in_virtual_time
async def test_a_long_batch_stops_at_the_next_slice_when_it_is_revoked() -> None:
    group = Group(max_batch_records=2)
    group.produce(12)
    group.first.seconds = 0.1
    worker = await running(group, 0)
    await worker.reached(Phase.BUSY)
    await asyncio.sleep(0.15)
    await worker.consumer.revoke()
    assert (worker.phase, group.first.offset) == (Phase.PARKED, 104)
    await worker.consumer.assign(0)
    await worker.finish()


@in_virtual_time
async def test_a_kept_partition_keeps_its_state() -> None:
    group = group_of()
    worker = Running(group)
    await while_ready(worker, group.first)
    await worker.consumer.rebalance(0)
    await worker.reached(Phase.READY)
    assert group.first.openings == 1
    assert [event for _, _, event, _ in group.history[-2:]] == [Event.HALTED, Event.KEPT]
    await worker.finish()


@GUARANTEES
@in_virtual_time
async def test_a_partition_that_went_on_elsewhere_meanwhile_is_opened_anew(guarantee: str) -> None:
    group = group_of(guarantee)
    worker = Running(group)
    await while_ready(worker, group.first)
    await worker.consumer.revoke()
    group.produce(9)
    group.rival(group.first, 4)
    await worker.consumer.assign(0)
    await worker.finish()
    assert group.first.openings == 2


@in_virtual_time
async def test_records_in_hand_when_the_generation_changes_are_fetched_again() -> None:
    group = group_of(records=0)
    worker = Running(group)
    await while_ready(worker, group.first)

    async def kept() -> None:
        await worker.consumer.rebalance(0)
        await asyncio.sleep(10 * STEP)

    worker.consumer.meanwhile = [kept]
    group.produce(5)
    await worker.finish()


@in_virtual_time
async def test_records_in_hand_when_a_partition_is_being_opened_anew_are_fetched_again() -> None:
    group = group_of(records=0)
    worker = Running(group)
    await while_ready(worker, group.first)

    async def opened_anew() -> None:
        await worker.consumer.revoke()
        group.rival(group.first, 2)
        await worker.consumer.assign(0)
        await worker.reached(Phase.RESTORING)
        await asyncio.sleep(STEP / 2)

    worker.consumer.meanwhile = [opened_anew]
    group.produce(5)
    await worker.finish()


@pytest.mark.parametrize("turns", range(12))
@in_virtual_time
async def test_an_offset_out_of_range_opens_nothing_once_a_rebalance_has_begun(turns: int) -> None:
    """A poll that is a task, as with an unknown client library, may have failed while its loop waits to be told so."""
    group = group_of(records=0, partitions=2)
    with mock.patch.object(arrivals, "known", return_value=False):
        worker = await running(group, 0, 1)
    await worker.reached(Phase.READY)
    group.inputs[SECOND].seconds = 1.0
    group.produce(5, number=1)
    await worker.until(lambda: worker.member.partitions[SECOND].phase is Phase.BUSY)
    worker.consumer.failures = [OffsetOutOfRangeError({TP: 100})]
    group.changed.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    began = len(group.history)
    await worker.consumer.revoke()
    assert {event for tp, _, event, _ in group.history[began:] if tp == TP} <= {Event.HALTED, Event.RESTORED}
    worker.consumer.failures.clear()
    await worker.consumer.assign(0, 1)
    await worker.finish()


@in_virtual_time
async def test_a_commit_that_does_not_end_when_it_is_cancelled_holds_nothing_up() -> None:
    group = group_of("at_least_once")
    of = group.first
    worker = await running(group, 0)
    await worker.until(lambda: len(of.outputs) == 25)
    await worker.reached(Phase.READY)
    of.faults = ["deaf"]
    await worker.consumer.rebalance(0)
    assert not of.faults, "what was published was not to be committed"
    await worker.done()
    of.hears.set()
    await worker.finish()


@in_virtual_time
async def test_a_restore_that_a_newer_generation_overtakes_ends() -> None:
    group = group_of()
    worker = await running(group, 0)
    await worker.finish()
    group.produce(20)
    worker = Running(group)
    of = group.first
    await while_restoring(worker, of)
    await worker.consumer.revoke()
    group.rival(of, 9)  # what was being restored is of yesterday
    await worker.consumer.assign(0)
    of.answers.set()
    await worker.reached(Phase.READY)
    assert worker.member.partitions[TP].next == of.offset
    await worker.finish()


@in_virtual_time
async def test_only_a_running_member_starts_something() -> None:
    group = group_of()
    worker = Running(group)
    states = [worker.state]
    consumer = worker.consumer
    for step in (lambda: consumer.rebalance(0), consumer.revoke, lambda: consumer.assign(0), worker.finish):
        await step()
        states.append(worker.state)
    member = MemberState
    assert states == [member.JOINING, member.RUNNING, member.JOINING, member.RUNNING, member.CLOSED]


@in_virtual_time
async def test_a_callback_that_fails_ends_the_member() -> None:
    group = group_of()
    worker = await running(group, 0)
    await worker.done()

    def refused(tp: TopicPartition) -> Any:
        raise LookupError(tp)

    worker.member._new_partition = refused
    await worker.consumer.rebalance(0)
    await worker.reached(Phase.READY)
    with pytest.raises(LookupError):
        await worker.consumer.rebalance(0, 1)
    with pytest.raises(LookupError):
        await worker.loop
    await worker.close()
    group.check()
