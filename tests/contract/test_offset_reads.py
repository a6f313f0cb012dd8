"""What a group has committed is asked of the very broker that took a write: no other answer is believed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.consumer.subscription_state import SubscriptionState
from aiokafka.errors import KafkaError
from aiokafka.protocol.struct import Struct

from tests.chaos.catalogue import fault
from tests.contract.coordinated import (
    AT,
    CODES,
    COMMON,
    FENCES,
    GROUP,
    LOST,
    NO_ANSWERS,
    RETRY,
    ROWS,
    SOON,
    TP,
    Scene,
    cluster,
    commits,
    flexible,
    is_as,
)
from tests.support import fake_answers as answers
from tests.support.fake_answers import sequence
from tests.support.fake_broker import Api
from worker.kafka.protocol import offsets as offsets_protocol
from worker.kafka.protocol.offsets import Position
from worker.kafka.transactions import producer as producer_module

pytestmark = fault("F51")


async def reading(scene: Scene, transactional: bool, request_ms: int = 2_000) -> Callable[[], Awaitable[Any]]:
    if not transactional:
        offsets = await scene.offsets(request_ms)
        await offsets.commit({TP: AT})
        return lambda: offsets.fetch(TP)
    producer = scene.producer(request_ms=request_ms)
    await producer.start()
    await commits(producer)
    return lambda: producer.fetch_offsets(GROUP, TP)


def offsets_7(topics: list[Any] | None, top: int = 0) -> Struct:
    return offsets_protocol.OffsetFetchResponse(0, topics, top, {})


def offset_row(partition: int, code: int, offset: int = 5) -> Any:
    return (partition, -1 if code else offset, 2, "text", code, {})


@pytest.mark.parametrize("transactional", [True, False])
@pytest.mark.parametrize("level", ["top", "partition", "both"])
async def test_no_code_of_offset_fetch_means_that_nothing_is_committed(level: str, transactional: bool) -> None:
    async with cluster() as scene:
        scene.clear()
        read = await reading(scene, transactional)
        for code in CODES:
            scene.clear()
            wrong = {
                "top": offsets_7([], code),
                "partition": offsets_7(flexible([offset_row(0, code)])),
                "both": offsets_7(flexible([offset_row(0, code)]), code),
            }[level]
            right = offsets_7(flexible([offset_row(0, 0)]))
            scene.one.on(Api.OFFSET_FETCH, sequence(lambda _, a=wrong: a, lambda _, a=right: a))  # type: ignore[misc]
            expected = (COMMON | FENCES | dict.fromkeys([7, 15, 16], LOST)).get(code, LOST)
            if expected is RETRY:
                assert await read() == AT
                assert scene.count(Api.OFFSET_FETCH) == (2, 0), code
            else:
                with pytest.raises(KafkaError) as raised:
                    await read()
                assert is_as(raised.value, expected), (code, raised.value)
                assert scene.count(Api.OFFSET_FETCH) == (1, 0), code
            assert scene.look_ups == 0, "another broker's answer would not be one of a broker with a quorum"


@pytest.mark.parametrize("transactional", [True, False])
async def test_an_answer_about_other_offsets_is_none(transactional: bool) -> None:
    async with cluster() as scene:
        scene.clear()
        read = await reading(scene, transactional)
        wrong = {what: rows(offset_row) for what, rows in ROWS.items() if "error" not in what}
        wrong["an offset below -1"] = flexible([offset_row(0, 0, -2)])
        for what, topics in wrong.items():
            scene.one.on(Api.OFFSET_FETCH, lambda _, t=topics: offsets_7(t))  # type: ignore[misc]
            with pytest.raises(KafkaError) as raised:
                await read()
            assert is_as(raised.value, LOST), (what, raised.value)
        scene.one.on(Api.OFFSET_FETCH, lambda _: offsets_7(flexible([offset_row(0, 0, -1)])))
        assert await read() is None  # error-free, and of exactly this partition


@pytest.mark.parametrize("transactional", [True, False])
@pytest.mark.parametrize("what", NO_ANSWERS)
async def test_offsets_are_read_from_no_other_broker(what: str, transactional: bool) -> None:
    async with cluster() as scene:
        scene.clear()
        read = await reading(scene, transactional, SOON)
        scene.coordinated_by(scene.two)
        scene.one.on(Api.OFFSET_FETCH, NO_ANSWERS[what])
        with pytest.raises(KafkaError) as raised:
            await read()
        assert is_as(raised.value, LOST)
        assert scene.count(Api.OFFSET_FETCH) == (1, 0)


async def test_offsets_that_go_to_another_broker_than_they_came_from_are_read_again() -> None:
    async with cluster() as scene:
        scene.clear()
        producer = scene.producer()
        await producer.start()
        await commits(producer)
        assert await producer.fetch_offsets(GROUP, TP) == Position(5, -1, "text")
        scene.coordinated_by(scene.two)
        scene.one.on(Api.TXN_OFFSET_COMMIT, answers.offsets_in_transaction({TP: 16}))
        with pytest.raises(producer_module.CoordinatorMoved) as moved:
            await commits(producer)
        assert is_as(moved.value, LOST)


async def test_nothing_is_read_before_something_was_written() -> None:
    async with cluster() as scene:
        scene.clear()
        offsets = await scene.offsets()
        producer = scene.producer()
        await producer.start()
        for read in (offsets.fetch(TP), producer.fetch_offsets(GROUP, TP)):
            with pytest.raises(Exception, match="commit"):
                await read
        assert scene.count(Api.OFFSET_FETCH) == (0, 0)


@pytest.mark.parametrize("code", [14, 15, 16, 30, 7, -1])
async def test_aiokafka_itself_takes_an_error_for_nothing_committed(code: int) -> None:
    """Where this fails, a newer aiokafka may have mended it: look whether our own requests are still needed."""
    async with cluster() as scene:
        scene.clear()
        for broker in (scene.one, scene.two):
            broker.on(Api.OFFSET_FETCH, answers.offsets({TP: (2_418, "")}, top=code))
        client = AIOKafkaClient(**scene.options())
        await client.bootstrap()
        group = GroupCoordinator(client, SubscriptionState(), group_id=GROUP)
        try:
            assert await group.fetch_committed_offsets([TP]) == {}
        finally:
            await group.close()
            await client.close()
