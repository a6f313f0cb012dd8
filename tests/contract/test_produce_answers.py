"""Every error code of a batch, and every answer to Produce that is none: no batch is lost, doubled or believed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.record.memory_records import MemoryRecords

from tests.chaos.catalogue import fault
from tests.contract.coordinated import (
    CODES,
    COMMON,
    FENCES,
    FIND,
    LOST,
    NO_ANSWERS,
    RETRY,
    ROWS,
    Scene,
    is_as,
)
from tests.contract.coordinated import cluster as coordinated
from tests.support import fake_answers as answers
from tests.support import fake_schemas as schemas
from tests.support.fake_answers import sequence
from tests.support.fake_broker import Answer, Api, Asked, FakeBroker
from worker.errors import Exit
from worker.kafka.errors import SendFailed, meaning
from worker.kafka.transactions import TransactionalProducer
from worker.kafka.transactions.requests import ProduceResponse

pytestmark = fault("F51")

T = "t"
ONE, TWO = TopicPartition(T, 0), TopicPartition(T, 1)
DUPLICATE = 46
HANDLED = {
    **COMMON,
    **FENCES,
    **dict.fromkeys([7, 15, 16], RETRY),
    **dict.fromkeys([3, 5, 6, 9, 56, 74, 75], FIND),
}


@asynccontextmanager
async def producing(request_ms: int = 2_000) -> AsyncIterator[tuple[Scene, TransactionalProducer]]:
    """A started producer; the first of two brokers leads both partitions."""
    async with coordinated() as scene:
        scene.clear()
        led_by(scene, scene.one)
        producer = scene.producer(request_ms=request_ms)
        await producer.start()
        await producer.begin_transaction()
        scene.clear()
        yield scene, producer


def led_by(scene: Scene, broker: FakeBroker) -> None:
    for each in (scene.one, scene.two):
        each.on(Api.METADATA, answers.cluster([scene.one, scene.two], {T: answers.topic(2, broker.node)}))


async def sent(producer: TransactionalProducer, *tps: TopicPartition) -> list[asyncio.Future[int]]:
    """The acknowledgements of a batch of each."""
    futures = []
    for tp in tps:
        batch = producer.create_batch()
        batch.append(timestamp=1, key=b"k", value=b"v")
        batch.close()
        futures.append(await producer.send_batch(batch, tp.topic, partition=tp.partition))
    return futures


def told(topics: list[Any] | None) -> Answer:
    return ProduceResponse(topics, 0, {})


def row(partition: int, code: int) -> Any:
    return partition, code, -1 if code else 40 + partition, -1, 0, [], None, {}


def arrived(asked: Asked) -> list[tuple[int, int]]:
    """The partitions of a request, each with the sequence number of its batch."""
    found = []
    for _, partitions, _ in asked.read(schemas.ProduceRequest12).topics:
        for partition, data, _ in partitions:
            batch: Any = MemoryRecords(bytes(data)).next_batch()
            found.append((partition, batch.base_sequence))
    return found


async def test_each_code_is_tried_again_or_told_by_what_it_means() -> None:
    async with producing() as (scene, producer):
        leader, other = scene.one, scene.two
        for code in CODES:
            producer._open = True
            expected = HANDLED.get(code, LOST)
            right = answers.produced(base=lambda _: 40)
            # A leader that has moved goes on refusing; one that is not ready becomes so.
            wrong = answers.produced({ONE: code})
            leader.on(Api.PRODUCE, wrong if expected is FIND else sequence(wrong, right))
            other.on(Api.PRODUCE, right)
            led_by(scene, other if expected is FIND else leader)
            leader.count.clear()
            other.count.clear()
            (acknowledged,) = await sent(producer, ONE)
            if code == DUPLICATE:
                assert await acknowledged == -1
                asked = 1, 0
            elif expected in (RETRY, FIND):
                assert await acknowledged == 40
                asked = (2, 0) if expected is RETRY else (leader.count[Api.PRODUCE], 1)
            else:
                with pytest.raises(KafkaError) as raised:
                    await acknowledged
                assert is_as(raised.value, expected), (code, raised.value)
                asked = 1, 0
            assert (leader.count[Api.PRODUCE], other.count[Api.PRODUCE]) == asked, code
            if expected is FIND:
                leader, other = other, leader


@pytest.mark.parametrize(
    ("code", "wanted", "says"),
    [
        (10, Exit.DATA, "too large"),
        (18, Exit.DATA, "too large"),
        (32, Exit.CONFIG, "timestamps too far"),
        (87, Exit.CONFIG, "invalid"),
        (29, Exit.NO_PERMISSION, "access"),
    ],
)
async def test_what_ends_a_worker_names_the_topic_and_a_fix(code: int, wanted: Exit, says: str) -> None:
    async with producing() as (scene, producer):
        scene.one.on(Api.PRODUCE, answers.produced({ONE: code}))
        (acknowledged,) = await sent(producer, ONE)
        with pytest.raises(KafkaError) as raised:
            await acknowledged
        failed = SendFailed("decisions")
        failed.__cause__ = raised.value
        failure: Any = meaning(failed, "ticks")
        assert failure.exit_code == wanted
        assert says in failure.message
        assert failure.fix
        assert wanted is Exit.NO_PERMISSION or "decisions" in failure.message


async def test_an_answer_about_something_else_acknowledges_nothing() -> None:
    async with producing() as (scene, producer):
        requests: list[list[tuple[int, int]]] = []
        for number, (what, rows) in enumerate(ROWS.items()):
            answer = told(rows(row))
            wrong = sequence(lambda _, a=answer: a, answers.produced(base=lambda _: 40))  # type: ignore[misc]

            def remembered(asked: Asked, handler: Any = wrong) -> Any:
                requests.append(arrived(asked))
                return handler(asked)

            scene.one.on(Api.PRODUCE, remembered)
            (acknowledged,) = await sent(producer, ONE)
            assert await acknowledged == 40, what
            assert requests == 2 * [[(0, number)]], "sent again it is the same batch"
            requests.clear()


@pytest.mark.parametrize("what", NO_ANSWERS)
async def test_what_is_no_answer_acknowledges_nothing(what: str) -> None:
    async with producing(request_ms=150) as (scene, producer):
        scene.one.on(Api.PRODUCE, sequence(NO_ANSWERS[what], answers.produced(base=lambda _: 40)))
        (acknowledged,) = await sent(producer, ONE)
        assert await acknowledged == 40
        assert scene.count(Api.PRODUCE) == (2, 0)


async def test_only_what_was_refused_is_sent_again_and_in_order() -> None:
    async with producing() as (scene, producer):
        requests: list[list[tuple[int, int]]] = []
        codes = [19, 19, 0]

        def produce(asked: Asked) -> Any:
            found = arrived(asked)
            requests.append(found)
            code = codes.pop(0) if (0, 0) in found and codes else 0
            return answers.produced({ONE: code}, base=lambda _: 40)(asked)

        scene.one.on(Api.PRODUCE, produce)
        acknowledged = await sent(producer, ONE, TWO, ONE)
        assert await asyncio.gather(*acknowledged) == [40, 40, 40]
        of = {
            tp.partition: [each for request in requests for each in request if each[0] == tp.partition]
            for tp in (ONE, TWO)
        }
        assert of[0] == [(0, 0), (0, 0), (0, 0), (0, 1)]
        assert of[1] == [(1, 0)]
        await producer.commit_transaction()


async def test_a_batch_that_is_refused_ends_the_transaction_without_what_follows() -> None:
    async with producing() as (scene, producer):
        scene.one.on(Api.PRODUCE, answers.produced({ONE: 48}))
        (acknowledged,) = await sent(producer, ONE)
        with pytest.raises(KafkaError):
            await acknowledged
        scene.one.on(Api.PRODUCE, answers.produced())
        await producer.abort_transaction()
        assert scene.count(Api.END_TXN) == (1, 0)


async def test_a_partition_without_leader_waits_for_one() -> None:
    async with producing() as (scene, producer):
        nobody = answers.Topic({0: (5, -1), 1: (0, 1)})
        for each in (scene.one, scene.two):
            each.on(Api.METADATA, answers.cluster([scene.one, scene.two], {T: nobody}))
        await producer._client.force_metadata_update()
        acknowledged = await sent(producer, ONE, TWO)
        assert await acknowledged[1] == 0
        assert not acknowledged[0].done()
        led_by(scene, scene.two)
        assert await acknowledged[0] == 0
        assert scene.count(Api.PRODUCE) == (1, 1)


async def test_giving_up_leaves_no_batch_waiting() -> None:
    async with producing() as (scene, producer):
        scene.one.on(Api.PRODUCE, answers.produced({ONE: 19}))
        acknowledged = await sent(producer, ONE, ONE)
        await producer.abort_transaction()
        assert all(each.cancelled() for each in acknowledged)
        count = scene.one.count[Api.PRODUCE]
        await asyncio.sleep(0.05)
        assert scene.one.count[Api.PRODUCE] == count
