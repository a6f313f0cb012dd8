"""Fetches in rounds: held back together, one for all partitions, apart from one another, and none waits for long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.protocol import fetch

from tests.support.fake_answers import healthy
from tests.support.fake_broker import Answer, Api, Asked, FakeBroker
from tests.support.fake_logs import FakeLog, serve
from worker.kafka.seams import hardening, rounds, stop_consumer
from worker.kafka.seams.rounds import Rounds, fetch_in_rounds

A, B = TopicPartition("ticks", 0), TopicPartition("bars", 0)
DEADLINE = 10.0
ROW = (b"k", b"v", ())


@pytest.fixture(autouse=True)
def _hardened() -> None:
    assert hardening.install()


class Seen(NamedTuple):
    """A fetch: when it came, and the topics that it names."""

    at: float
    topics: set[str]


class Scene(NamedTuple):
    consumer: AIOKafkaConsumer
    gate: Rounds
    logs: dict[TopicPartition, FakeLog]
    seen: list[Seen]

    async def poll(self, *tps: TopicPartition) -> set[TopicPartition]:
        """Poll until records come."""
        async with asyncio.timeout(DEADLINE):
            while not (found := await self.consumer.getmany(*tps, timeout_ms=50)):
                pass
        return set(found)

    async def until(self, topics: set[str]) -> Seen:
        """Wait for a fetch that names these topics."""
        async with asyncio.timeout(DEADLINE):
            while not (found := [one for one in self.seen if one.topics == topics]):
                await asyncio.sleep(0.002)  # a fake broker notifies nobody
        return found[0]


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    logs, seen = {A: FakeLog(1), B: FakeLog(1)}, list[Seen]()
    async with FakeBroker() as broker:
        healthy([broker], {"ticks": 1, "bars": 1})
        serve(broker, logs)
        answer: Any = broker.handler(Api.FETCH)

        async def noted(asked: Asked) -> Answer:
            request: Any = asked.read(fetch.FetchRequest_v11)
            seen.append(Seen(time.monotonic(), {topic for topic, _ in request.topics}))
            return await answer(asked)  # type: ignore[no-any-return]

        broker.on(Api.FETCH, noted)
        consumer = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap, group_id=None, fetch_max_wait_ms=20)
        await consumer.start()
        try:
            gate = fetch_in_rounds(consumer, 0.5)
            consumer.assign([A, B])
            for tp in (A, B):
                consumer.seek(tp, 0)
            yield Scene(consumer, gate, logs, seen)
        finally:
            await stop_consumer(consumer)


async def test_while_fetches_are_held_none_begins_and_the_next_names_every_partition() -> None:
    async with scene() as one:
        one.logs[A].append(ROW)
        one.logs[B].append(ROW)
        assert await one.poll() == {A, B}
        with one.gate.held():
            await asyncio.sleep(0.1)  # a fetch that was in flight has been seen
            one.seen.clear()
            one.logs[A].append(ROW)
            one.logs[B].append(ROW)
            await asyncio.sleep(0.1)  # longer than fetches are apart
            assert not one.seen
        assert await one.poll() <= {A, B}
        assert one.seen[0].topics == {"ticks", "bars"}


@pytest.mark.parametrize("least", [rounds.LEAST, rounds.OF_TRANSACTIONS])
async def test_fetches_are_apart_and_further_where_rounds_cost_much(
    monkeypatch: pytest.MonkeyPatch, least: float
) -> None:
    slept: list[float] = []
    gate, cpu = Rounds(0.5, least), [0.0]

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(f"{rounds.__name__}.asyncio", SimpleNamespace(sleep=sleep))
    clocks = SimpleNamespace(monotonic=lambda: 100.0, thread_time=lambda: cpu[0])
    monkeypatch.setattr(f"{rounds.__name__}.time", clocks)
    for spent in (0.0, 0.0, 0.002, 0.1):
        cpu[0] += spent
        await gate.turn(1)
    assert slept == pytest.approx([least, 0.002 / 0.5, rounds.MOST])


async def test_unread_records_of_one_partition_do_not_keep_another_from_being_fetched() -> None:
    async with scene() as one:
        one.logs[A].append(ROW)
        one.logs[B].append(ROW)
        assert await one.poll(B) == {B}  # A's stay unread
        await one.until({"bars"})
        one.logs[B].append(ROW)
        assert await one.poll(B) == {B}
        assert await one.poll(A) == {A}


async def test_a_consumer_that_is_stopped_while_its_fetches_are_held_stops() -> None:
    async with scene() as one:
        await one.until({"ticks", "bars"})
        one.logs[A].append(ROW)
        with one.gate.held():
            async with asyncio.timeout(DEADLINE):
                await one.consumer.stop()
