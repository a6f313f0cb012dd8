"""How the sending of batches ends: by what is unexpected, by `cancel`, and for those who no longer wait."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka.errors import (
    KafkaConnectionError,
    KafkaError,
    RequestTimedOutError,
)

from tests.support.leaders import (
    LONG,
    ONE,
    OUT_OF_ORDER,
    TWO,
    A,
    B,
    Batch,
    C,
    Leaders,
    add,
    came,
)
from tests.support.turns import turns
from tests.support.virtual_time import in_virtual_time
from worker.kafka.protocol.codes import Code
from worker.kafka.transactions.sender import Produce

TOO_LARGE = 10


class Failing:
    """A way of asking that fails when it is told to."""

    def __init__(self) -> None:
        self.building = self.reading = False

    def request(self, batches: Any) -> Any:
        if self.building:
            raise ValueError("no such request")
        return list(batches)

    def told(self, answer: Any) -> Any:
        if self.reading:
            raise ValueError("no such answer")
        return answer


@pytest.mark.parametrize("where", ["building", "reading", "answer", "built again", "read again", "answered again"])
@in_virtual_time
async def test_what_is_unexpected_fails_all_that_waits_and_later_batches_work(leaders: Leaders, where: str) -> None:
    produce = Failing()
    sender = leaders.sender(Produce(produce.request, produce.told))
    elsewhere = add(sender, C, 0)  # sent, without an answer
    (late,) = await came(leaders)
    produce.building = where == "building"
    all_of_them = [*elsewhere, *add(sender, A, 0, 1), *add(sender, B, 0, 1), *add(sender, C, 1)]
    if where != "building":
        (request,) = await came(leaders)
        if "again" in where:
            produce.building = where == "built again"
            request.answer.set_exception(RequestTimedOutError())
            if where != "built again":
                (request,) = await came(leaders)
        produce.reading = where.startswith("read")
        if where.startswith("answer"):
            request.answer.set_exception(ValueError("no such answer"))
        elif where != "built again":
            request.answer.set_result([(A, (0, 0)), (B, (0, 0))])
    found = await asyncio.gather(*all_of_them, return_exceptions=True)
    assert [type(each) for each in found] == [ValueError] * 6
    assert not sender.busy
    produce.building = produce.reading = False
    await sender.room(A)
    acknowledged = [*add(sender, A, 0), *add(sender, C, 0)]
    requests = await came(leaders, 2)
    late.answer.set_exception(ValueError("late"))
    await turns(5)
    for each in requests:
        each.tell()
    assert await asyncio.gather(*acknowledged) == [0, 0]
    assert not sender._tasks


@in_virtual_time
async def test_cancel_ends_all_and_a_late_answer_changes_nothing(leaders: Leaders) -> None:
    sender = leaders.sender()
    leaders.leaders[B] = leaders.known[B] = None
    acknowledged = [*add(sender, A, 0, 1), *add(sender, B, 0, 1), *add(sender, C, 0, 1)]
    first, elsewhere = await came(leaders, 2)
    elsewhere.tell({C: Code.NOT_ENOUGH_REPLICAS})
    (retried,) = await came(leaders)
    assert len(sender._tasks) == 2
    tasks = asyncio.all_tasks()
    await sender.cancel()
    assert all(each.cancelled() for each in acknowledged)
    assert not sender.busy
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert len(tasks) > 1
    assert retried.answer.cancelled()
    await asyncio.sleep(LONG)
    assert leaders.new() == [], "nothing is sent any more"

    await asyncio.wait_for(sender.room(A), 1)
    (renewed,) = add(sender, A, 0)
    (behind,) = add(sender, A, 1)
    (request,) = await came(leaders)
    first.answer.set_result([(A, (TOO_LARGE, -1))])
    await asyncio.sleep(LONG)
    assert leaders.new() == []
    assert (renewed.done(), behind.done()) == (False, False)
    request.tell()
    assert await renewed == 0
    (request,) = await came(leaders)
    request.tell()
    assert await behind == 1


@pytest.mark.parametrize("late", ["code", "lost", "right", "cancelled"])
@in_virtual_time
async def test_late_answers_of_every_kind_change_nothing(leaders: Leaders, late: str) -> None:
    sender = leaders.sender()
    add(sender, A, 0)
    (old,) = await came(leaders)
    await sender.cancel()
    (acknowledged,) = add(sender, A, 0)
    (request,) = await came(leaders)
    if late == "code":
        old.answer.set_result([(A, (Code.NOT_LEADER_OR_FOLLOWER, -1))])
    elif late == "lost":
        old.answer.set_exception(KafkaConnectionError())
    elif late == "right":
        old.answer.set_result([(A, (0, 99))])
    else:
        old.answer.cancel()
    await asyncio.sleep(LONG)
    assert not acknowledged.done()
    assert (leaders.new(), leaders.forced, leaders.refreshed) == ([], 0, 0)
    request.tell()
    assert await acknowledged == 0


@in_virtual_time
async def test_what_is_cancelled_before_the_turn_ends_is_never_sent(leaders: Leaders) -> None:
    sender = leaders.sender()
    (acknowledged,) = add(sender, A, 0)
    await sender.cancel()
    await asyncio.sleep(LONG)
    assert acknowledged.cancelled()
    assert leaders.new() == []


@in_virtual_time
async def test_room_lets_one_batch_a_partition_wait(leaders: Leaders) -> None:
    sender = leaders.sender()
    added: list[int] = []

    async def adds(number: int) -> int:
        await sender.room(A)
        acknowledged = add(sender, A, number)[0]
        added.append(number)
        return await acknowledged

    tasks = [asyncio.create_task(adds(number)) for number in range(5)]
    await asyncio.wait_for(sender.room(B), 1)
    for number in range(5):
        (request,) = await came(leaders)
        await asyncio.sleep(LONG)
        assert added == list(range(min(number + 2, 5))), "one is in flight, and one waits"
        assert request.parts == [f"a/0/{number}"]
        request.tell()
    assert await asyncio.gather(*tasks) == list(range(5))


@in_virtual_time
async def test_cancel_gives_room_to_those_who_wait_for_it(leaders: Leaders) -> None:
    sender = leaders.sender()
    add(sender, A, 0, 1)
    await came(leaders)
    waits = asyncio.create_task(sender.room(A))
    await asyncio.sleep(LONG)
    assert not waits.done()
    await sender.cancel()
    await asyncio.wait_for(waits, 1)


@in_virtual_time
async def test_a_late_answer_after_a_failure_elsewhere_changes_nothing(leaders: Leaders) -> None:
    """A task asks two leaders, and one answer ends it; the other one comes when its partition has a new batch."""
    sender = leaders.sender()
    failed = [*add(sender, A, 0), *add(sender, B, 0)]
    (first,) = await came(leaders)
    leaders.leaders[A] = TWO
    first.answer.set_exception(KafkaConnectionError())
    by_node = {request.node: request for request in await came(leaders, 2)}
    by_node[ONE].answer.set_exception(ValueError("no such answer"))
    found = await asyncio.gather(*failed, return_exceptions=True)
    assert [type(each) for each in found] == [ValueError] * 2
    acknowledged, behind = add(sender, A, 0, 1)
    (request,) = await came(leaders)
    by_node[TWO].answer.set_result([(A, (0, 99))])
    add(sender, C, 0)  # so that the sender looks again at what waits
    await asyncio.sleep(LONG)
    request.tell()
    assert await acknowledged == 0
    (request,) = await came(leaders)
    assert request.parts == ["a/0/1", "b/0/0"]
    request.tell()
    assert await behind == 1


@in_virtual_time
async def test_busy_while_a_batch_is_unacknowledged(leaders: Leaders) -> None:
    sender = leaders.sender()
    assert not sender.busy
    first, second = add(sender, A, 0, 1)
    assert sender.busy
    (request,) = await came(leaders)
    assert sender.busy
    request.tell({A: Code.NOT_ENOUGH_REPLICAS})
    await turns(5)
    assert sender.busy, "it waits to be sent again"
    (request,) = await came(leaders)
    request.tell()
    await first
    assert sender.busy
    (request,) = await came(leaders)
    request.tell({A: OUT_OF_ORDER})
    with pytest.raises(KafkaError):
        await second
    assert not sender.busy


@in_virtual_time
async def test_an_acknowledgement_that_nobody_wants_holds_up_nothing(leaders: Leaders) -> None:
    sender = leaders.sender()
    unwanted, behind = add(sender, A, 0, 1)
    (request,) = await came(leaders)
    unwanted.cancel()
    request.tell()
    (request,) = await came(leaders)
    assert request.parts == ["a/0/1"], "it was written, so the next one follows it"
    request.tell()
    assert await behind == 1


def test_the_leaders_take_a_batch_only_in_its_turn() -> None:
    leaders = Leaders({A: ONE})
    taken = [leaders.take(ONE, A, Batch(A, number).data, 0) for number in (0, 0, 2, 1, 0)]
    again, early = (Code.DUPLICATE_SEQUENCE_NUMBER, -1), (OUT_OF_ORDER, -1)
    assert taken == [(0, 0), again, early, (0, 1), again]
    assert leaders.take(TWO, A, Batch(A, 2).data, 0) == (Code.NOT_LEADER_OR_FOLLOWER, -1)
