"""Fetches of an idle consumer wait long; one that leaves a partition out, or follows on input, waits briefly."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.protocol import fetch

from tests.support.fake_answers import healthy
from tests.support.fake_broker import Answer, Api, Asked, FakeBroker
from tests.support.fake_logs import FakeLog, serve
from worker.kafka.seams import hardening, rest_when_idle, resting, start_consumer, stop_consumer, watch
from worker.kafka.seams.clients import client_of

A, B = TopicPartition("ticks", 0), TopicPartition("bars", 0)
BOTH = frozenset({"ticks", "bars"})
BRIEF, DEADLINE = 50, 30.0


class Wait(NamedTuple):
    """What a fetch says: how long it may wait, ms, and the topics that it names."""

    ms: int
    topics: frozenset[str]


class Waits(list[Wait]):
    """All fetches; while `held`, the broker leaves those that wait long without an answer until a record comes."""

    def __init__(self, broker: FakeBroker) -> None:
        super().__init__()
        self.held = False
        self.came = asyncio.Event()
        self._broker, self._answer = broker, broker.handler(Api.FETCH)
        broker.on(Api.FETCH, self._seen)

    async def _seen(self, asked: Asked) -> Answer:
        request: Any = asked.read(fetch.FetchRequest_v11)
        self.append(Wait(request.max_wait_time, frozenset(topic for topic, _ in request.topics)))
        if self.held and request.max_wait_time > BRIEF:
            await self.came.wait()
        answer: Any = self._answer(asked)
        return await answer  # type: ignore[no-any-return]

    async def until(self, wanted: Callable[[Wait], bool]) -> None:
        """Wait for a fetch that is so, of those to come."""
        self.clear()
        async with asyncio.timeout(DEADLINE):
            while not any(map(wanted, self)):
                await asyncio.sleep(0.005)  # a fake broker notifies nobody


class Setting(NamedTuple):
    """A consumer of two partitions."""

    consumer: AIOKafkaConsumer
    logs: dict[TopicPartition, FakeLog]
    waits: Waits


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    assert hardening.install()
    monkeypatch.setattr(resting, "AWAKE", 0.2)


@asynccontextmanager
async def resting_consumer(**options: Any) -> AsyncIterator[Setting]:
    logs = {A: FakeLog(1), B: FakeLog(1)}
    async with FakeBroker() as broker:
        healthy([broker], {"ticks": 1, "bars": 1})
        serve(broker, logs)
        waits = Waits(broker)
        given = {"bootstrap_servers": broker.bootstrap, "group_id": None, "fetch_max_wait_ms": BRIEF} | options
        consumer = AIOKafkaConsumer(**given)
        await start_consumer(consumer)
        rest_when_idle(consumer)
        try:
            consumer.assign([A, B])
            for tp in (A, B):
                consumer.seek(tp, 0)
            await waits.until(lambda each: each.topics == BOTH)
            yield Setting(consumer, logs, waits)
        finally:
            waits.came.set()
            await stop_consumer(consumer)


async def polled(consumer: AIOKafkaConsumer, tp: TopicPartition) -> list[bytes | None]:
    """The values of the next records."""
    async with asyncio.timeout(DEADLINE):
        while not (found := await consumer.getmany(timeout_ms=100)):
            pass
    assert watch.ended(consumer) is None
    return [record.value for record in found[tp]]


def is_rest(wait: Wait) -> bool:
    return wait == Wait(resting.REST_MS, BOTH)


async def test_fetches_rest_while_nothing_comes_and_wake_with_the_first_record() -> None:
    async with resting_consumer() as (consumer, logs, waits):
        await waits.until(is_rest)
        waits.clear()
        logs[A].append((b"k", b"v", ()))
        assert await polled(consumer, A) == [b"v"]
        alone = [wait for wait in waits if wait.topics == {"bars"}]
        assert {wait.ms for wait in alone} <= {BRIEF}, "A's next record would wait for a fetch of B alone"
        await waits.until(is_rest)


async def test_fetches_wait_briefly_while_a_partition_is_paused_and_rest_again_after_it() -> None:
    async with resting_consumer() as (consumer, _, waits):
        await waits.until(is_rest)
        consumer.pause(A)
        await waits.until(lambda each: each == Wait(BRIEF, frozenset({"bars"})))
        consumer.resume(A)
        await waits.until(is_rest)


async def test_a_partition_at_another_offset_does_not_wait_for_a_fetch_that_rests() -> None:
    async with resting_consumer() as (consumer, logs, waits):
        logs[A].append((b"k", b"v", ()))
        assert await polled(consumer, A) == [b"v"]
        waits.held = True
        await waits.until(is_rest)
        consumer.pause(A)
        consumer.seek(A, 0)
        consumer.resume(A)
        assert await polled(consumer, A) == [b"v"]
        assert not waits.came.is_set(), "the broker still holds the fetch that rested"


async def test_a_new_assignment_does_not_wait_for_a_fetch_that_rests() -> None:
    async with resting_consumer() as (consumer, logs, waits):
        logs[B].append((b"k", b"v", ()))
        assert await polled(consumer, B) == [b"v"]
        waits.held = True
        await waits.until(is_rest)
        consumer.assign([B])
        consumer.seek(B, 0)
        assert await polled(consumer, B) == [b"v"]


async def test_other_requests_do_not_wait_for_a_fetch_that_rests() -> None:
    async with resting_consumer() as (consumer, _, waits):
        waits.held = True
        await waits.until(is_rest)
        async with asyncio.timeout(DEADLINE):
            assert await client_of(consumer).force_metadata_update()


async def test_a_consumer_that_rests_stops_at_once() -> None:
    async with resting_consumer() as (consumer, _, waits):
        waits.held = True
        await waits.until(is_rest)
        async with asyncio.timeout(DEADLINE):
            await consumer.stop()
        assert not waits.came.is_set()


async def test_no_fetch_rests_for_longer_than_half_of_what_a_request_may_take() -> None:
    async with resting_consumer(request_timeout_ms=resting.REST_MS) as (_, _, waits):
        await waits.until(lambda each: each == Wait(resting.REST_MS // 2, BOTH))
