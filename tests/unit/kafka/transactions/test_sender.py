"""The sender of batches to leaders in memory: in order, one request a leader, and what fails holds up only its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import (
    CorrelationIdError,
    KafkaConnectionError,
    KafkaError,
    MessageSizeTooLargeError,
    NodeNotReadyError,
    RequestTimedOutError,
)

from tests.support.leaders import (
    LONG,
    ONE,
    PAUSE,
    TWO,
    A,
    B,
    Batch,
    C,
    Leaders,
    add,
    came,
    logged,
)
from tests.support.turns import turns
from tests.support.virtual_time import in_virtual_time
from worker.kafka.protocol.answers import AGAIN, FIND_LEADER, UNREACHABLE
from worker.kafka.protocol.codes import Code
from worker.kafka.protocol.strict import Unclear
from worker.kafka.transactions import sender as module

TOO_LARGE = 10


@in_virtual_time
async def test_a_turn_of_the_loop_is_a_request_a_leader_with_one_batch_a_partition(leaders: Leaders) -> None:
    sender = leaders.sender()
    acknowledged = [*add(sender, A, 0, 1), *add(sender, B, 0), *add(sender, C, 0)]
    assert leaders.new() == [], "nothing is sent before the turn has ended"
    await turns(5)
    one, two = leaders.new()
    assert (one.node, one.parts, one.direct) == (ONE, ["a/0/0", "a/1/0"], True)
    assert (two.node, two.parts, two.direct) == (TWO, ["b/0/0"], True)
    one.tell()
    two.tell()
    await turns(5)
    (last,) = leaders.new()
    assert last.parts == ["a/0/1"]
    last.tell()
    assert await asyncio.gather(*acknowledged) == [0, 1, 0, 0]


@in_virtual_time
async def test_one_request_a_leader_and_the_next_carries_what_was_added_meanwhile(leaders: Leaders) -> None:
    sender = leaders.sender()
    add(sender, A, 0)
    await turns(5)
    (first,) = leaders.new()
    add(sender, A, 1)
    await turns(5)
    add(sender, B, 0)
    await asyncio.sleep(LONG)
    assert leaders.new() == []
    first.tell()
    await turns(5)
    (second,) = leaders.new()
    assert second.parts == ["a/0/1", "a/1/0"]
    await sender.cancel()


@in_virtual_time
async def test_a_request_is_no_larger_than_a_broker_takes_and_nobody_is_left_behind(
    leaders: Leaders, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [TopicPartition("a", number) for number in range(5)]
    leaders.leaders |= dict.fromkeys(many, ONE)
    leaders.known |= dict.fromkeys(many, ONE)
    monkeypatch.setattr(module, "REQUEST_BYTES", 2 * Batch(A, 0).size() + 1)
    sender, sent, told = leaders.sender(), list[str](), list[asyncio.Future[int]]()
    for number in range(2):
        for tp in many:
            told += add(sender, tp, number)
    for _ in range(5):
        (request,) = await came(leaders)
        assert len(request.parts) == 2
        sent += request.parts
        request.tell()
    assert sent[:5] == [f"a/{number}/0" for number in range(5)]
    await asyncio.gather(*told)
    monkeypatch.setattr(module, "REQUEST_BYTES", 1)
    (alone,) = add(sender, A, 2)
    (request,) = await came(leaders)
    request.tell()
    assert await alone == 2


@in_virtual_time
async def test_a_leader_that_never_answers_holds_up_its_own_partitions_only(leaders: Leaders) -> None:
    sender = leaders.sender()
    held = add(sender, A, 0)[0]
    await turns(5)
    (silent,) = leaders.new()
    for number in range(10):
        (acknowledged,) = add(sender, C, number)
        (request,) = await came(leaders)
        assert request.node == TWO
        request.tell()
        assert await acknowledged == number
    assert not held.done()
    silent.tell()
    assert await held == 0


@pytest.mark.parametrize("code", sorted(AGAIN), ids=lambda code: Code(code).name)
@in_virtual_time
async def test_a_retriable_code_sends_its_batch_again_and_lets_the_others_go_on(leaders: Leaders, code: int) -> None:
    sender = leaders.sender()
    refused, other, behind = *add(sender, A, 0), *add(sender, B, 0), *add(sender, A, 1)
    await turns(5)
    (first,) = leaders.new()
    first.tell({A: code})
    assert await other == 0
    assert leaders.forced == (1 if code in FIND_LEADER else 0)
    assert leaders.refreshed == 0, "the leader has answered"
    (second,) = await came(leaders)
    assert (second.parts, second.direct) == (["a/0/0"], False)
    (other,) = add(sender, B, 1)
    (third,) = await came(leaders)
    assert third.parts == ["a/1/1"], "what waits behind the refused batch stays behind it"
    third.tell()
    assert await other == 1
    second.tell({A: code})
    (fourth,) = await came(leaders)
    assert fourth.parts == ["a/0/0"]
    fourth.tell()
    assert await refused == 0
    (last,) = await came(leaders)
    assert (last.parts, last.direct) == (["a/0/1"], True)
    last.tell()
    assert await behind == 1


@in_virtual_time
async def test_a_leader_that_refuses_for_long_is_asked_later_and_later(leaders: Leaders) -> None:
    sender = leaders.sender()
    (refused,) = add(sender, A, 0)
    times = []
    for _ in range(6):
        (request,) = await came(leaders)
        times.append(asyncio.get_running_loop().time())
        request.tell({A: Code.NOT_ENOUGH_REPLICAS})
    first, *pauses = [after - before for before, after in pairwise(times)]
    assert first >= PAUSE
    assert all(after > 1.2 * before for before, after in pairwise(pauses)), pauses
    await sender.cancel()
    assert refused.cancelled()


def failing(error: Exception) -> Callable[[asyncio.Future[Any]], object]:
    return lambda answer: answer.set_exception(error)


LOSSES: dict[str, Callable[[asyncio.Future[Any]], object]] = {
    **{kind.__name__: failing(kind("lost")) for kind in UNREACHABLE},
    "cancelled": lambda answer: answer.cancel(),
    "none": lambda answer: answer.set_result(None),
    "nothing": lambda answer: answer.set_result([]),
    "another": lambda answer: answer.set_result([(B, (0, 7))]),
    "one more": lambda answer: answer.set_result([(A, (0, 7)), (B, (0, 7))]),
    "twice": lambda answer: answer.set_result([(A, (0, 7)), (A, (0, 7))]),
}


def test_the_errors_of_a_lost_answer_are_all_here() -> None:
    known = {NodeNotReadyError, RequestTimedOutError, KafkaConnectionError, CorrelationIdError, Unclear}
    assert set(UNREACHABLE) == known


@pytest.mark.parametrize("written", [False, True])
@pytest.mark.parametrize("how", LOSSES)
@in_virtual_time
async def test_a_lost_answer_sends_the_same_bytes_again(leaders: Leaders, how: str, written: bool) -> None:
    sender = leaders.sender()
    acknowledged, behind = add(sender, A, 0, 1)
    (first,) = await came(leaders)
    if written:
        first.written({})
    LOSSES[how](first.answer)
    (again,) = await came(leaders)
    assert again.batches == first.batches
    assert leaders.refreshed == 1
    if how != "cancelled":  # of a future that a task awaits, this is the end of the task
        LOSSES[how](again.answer)
        (again,) = await came(leaders)
        assert again.batches == first.batches
        assert leaders.refreshed == 2
    again.tell()
    assert await acknowledged == (-1 if written else 0)
    (last,) = await came(leaders)
    last.tell()
    assert await behind == 1
    assert logged(leaders, A) == [0, 1]


@in_virtual_time
async def test_a_lost_answer_sends_all_of_its_batches_again(leaders: Leaders) -> None:
    sender = leaders.sender()
    acknowledged = [*add(sender, A, 0), *add(sender, B, 0)]
    (first,) = await came(leaders)
    first.answer.set_exception(RequestTimedOutError())
    (again,) = await came(leaders)
    assert again.batches == first.batches
    again.tell({B: Code.REQUEST_TIMED_OUT})
    (rest,) = await came(leaders)
    assert rest.parts == ["a/1/0"]
    rest.tell()
    assert await asyncio.gather(*acknowledged) == [0, 0]


@in_virtual_time
async def test_without_an_open_connection_a_task_opens_it(leaders: Leaders) -> None:
    sender = leaders.sender()
    leaders.closed.add(ONE)
    acknowledged = [*add(sender, A, 0), *add(sender, B, 0)]
    (request,) = await came(leaders)
    assert (request.parts, request.direct) == (["a/0/0", "a/1/0"], False)
    assert leaders.refreshed == 0
    leaders.closed.clear()
    request.tell()
    assert await asyncio.gather(*acknowledged) == [0, 0]


@in_virtual_time
async def test_a_connection_that_breaks_is_tried_again(leaders: Leaders) -> None:
    sender = leaders.sender()
    leaders.gone.add(ONE)
    held, other = *add(sender, A, 0), *add(sender, C, 0)
    (request,) = await came(leaders)
    request.tell()
    assert await other == 0
    await asyncio.sleep(LONG)
    assert not held.done()
    assert leaders.refreshed > 10
    leaders.gone.clear()
    (request,) = await came(leaders)
    request.tell()
    assert await held == 0


@pytest.mark.parametrize("nobody", [None, -1])
@in_virtual_time
async def test_a_partition_without_leader_waits_for_one(leaders: Leaders, nobody: int | None) -> None:
    leaders.leaders[A] = leaders.known[A] = nobody
    sender = leaders.sender()
    held, behind, other = *add(sender, A, 0, 1), *add(sender, B, 0)
    (request,) = await came(leaders)
    assert request.parts == ["a/1/0"]
    request.tell()
    assert await other == 0
    await asyncio.sleep(LONG)
    assert leaders.new() == []
    assert (held.done(), behind.done()) == (False, False)
    leaders.leaders[A] = TWO
    for acknowledged, number in ((held, 0), (behind, 1)):
        (request,) = await came(leaders)
        assert (request.node, request.parts) == (TWO, [f"a/0/{number}"])
        request.tell()
        assert await acknowledged == number


@in_virtual_time
async def test_a_partition_whose_leader_moves_follows_it(leaders: Leaders) -> None:
    sender = leaders.sender()
    moved, stays = *add(sender, A, 0), *add(sender, B, 0)
    (first,) = await came(leaders)
    leaders.leaders[A] = TWO
    first.tell()
    assert await stays == 0
    (second,) = await came(leaders)
    assert (second.node, second.parts) == (TWO, ["a/0/0"])
    second.tell()
    assert await moved == 0
    acknowledged = [*add(sender, A, 1), *add(sender, C, 0)]
    (third,) = await came(leaders)
    assert (third.node, third.parts) == (TWO, ["a/0/1", "b/0/0"])
    third.tell()
    assert await asyncio.gather(*acknowledged) == [1, 0]


@in_virtual_time
async def test_lost_batches_whose_leaders_have_parted_go_to_each(leaders: Leaders) -> None:
    sender = leaders.sender()
    acknowledged = [*add(sender, A, 0), *add(sender, B, 0)]
    (first,) = await came(leaders)
    leaders.leaders[A] = TWO
    first.answer.set_exception(KafkaConnectionError())
    requests = await came(leaders, 2)
    assert {request.node: request.parts for request in requests} == {ONE: ["a/1/0"], TWO: ["a/0/0"]}
    for request in requests:
        request.tell()
    assert await asyncio.gather(*acknowledged) == [0, 0]


@in_virtual_time
async def test_a_permanent_code_is_the_error_of_its_batch_only(leaders: Leaders) -> None:
    sender = leaders.sender()
    refused, other = *add(sender, A, 0), *add(sender, B, 0)
    (request,) = await came(leaders)
    request.tell({A: TOO_LARGE})
    with pytest.raises(MessageSizeTooLargeError, match="a"):
        await refused
    assert await other == 0
    acknowledged = [*add(sender, A, 0), *add(sender, B, 1)]
    (request,) = await came(leaders)
    request.tell()
    assert await asyncio.gather(*acknowledged) == [0, 1]


@in_virtual_time
async def test_a_permanent_code_for_what_was_sent_again(leaders: Leaders) -> None:
    sender = leaders.sender()
    refused, behind = add(sender, A, 0, 1)
    (request,) = await came(leaders)
    request.tell({A: Code.NOT_ENOUGH_REPLICAS})
    (request,) = await came(leaders)
    request.tell({A: TOO_LARGE})
    with pytest.raises(MessageSizeTooLargeError):
        await refused
    (request,) = await came(leaders)
    request.tell()
    with pytest.raises(KafkaError):  # the batch before it is missing
        await behind
