"""The background tasks of clients survive closed connections and answers that make no sense; a dead one is seen."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.client import AIOKafkaClient, ConnectionGroup, CoordinationType
from aiokafka.conn import AIOKafkaConnection
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.errors import KafkaConnectionError, KafkaError
from aiokafka.protocol import coordination, fetch, metadata, offset

from tests.chaos.catalogue import fault
from tests.support.fake_answers import fetched, healthy, list_offsets, sequence
from tests.support.fake_broker import Api, Asked, FakeBroker, HangUp
from worker.kafka.seams import connections, hardening, lookups, pacing, stop_consumer, watch
from worker.kafka.seams.clients import close_client
from worker.settings import ProcessingSettings, Settings
from worker.stream.polling import Polling

pytestmark = fault("F52")

T = "t"
TP = TopicPartition(T, 0)
SETTINGS = Settings(processing=ProcessingSettings(group="g"))


@pytest.fixture(autouse=True)
def _hardened() -> None:
    assert hardening.install()


class ClosedWriter:
    """What uvloop makes of a writer for a turn of the loop after a reset: the reader has not heard of it yet."""

    def __init__(self, writer: Any) -> None:
        self._writer = writer

    def write(self, _: bytes) -> None:
        raise RuntimeError("unable to perform operation on <TCPTransport closed=True>; the handler is closed")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)


def close_writers(client: Any) -> None:
    for connection in client._conns.values():
        connection._writer = ClosedWriter(connection._writer)


@asynccontextmanager
async def reading(broker: FakeBroker, **options: Any) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap, group_id=None, **options)
    await consumer.start()
    try:
        yield consumer
    finally:
        await stop_consumer(consumer)


async def until(true: Callable[[], bool], consumer: AIOKafkaConsumer) -> None:
    async with asyncio.timeout(5):
        while not true():
            await consumer.getmany(timeout_ms=10)


async def test_a_closed_connection_kills_no_task() -> None:
    async with FakeBroker() as broker:
        healthy([broker], {T: 1})
        async with reading(broker) as consumer:
            consumer.assign([TP])
            consumer.seek(TP, 5)
            await until(lambda: broker.count[Api.FETCH] > 2, consumer)
            close_writers(consumer._client)
            before = broker.count[Api.FETCH]
            await until(lambda: broker.count[Api.FETCH] > before, consumer)
            close_writers(consumer._client)
            async with asyncio.timeout(5):
                while not await consumer._client.force_metadata_update():
                    pass
            assert watch.ended(consumer) is None
            assert set(watch.tasks(consumer)) == {"metadata", "fetches", "assignment"}


async def test_a_closed_connection_is_an_error_of_the_request() -> None:
    async with FakeBroker() as broker:
        healthy([broker], {T: 1})
        client = AIOKafkaClient(bootstrap_servers=broker.bootstrap)
        await client.bootstrap()
        try:
            assert await client.ready(1)
            close_writers(client)
            with pytest.raises(KafkaConnectionError, match="handler is closed"):
                await client.send(1, metadata.MetadataRequest([]))
            assert (await client.send(1, metadata.MetadataRequest([]))).topics == []  # on a new connection
        finally:
            await client.close()


def test_resets_at_any_time_kill_no_task() -> None:
    async def once(turn: int) -> str | None:
        async with FakeBroker(1) as one, FakeBroker(2) as two:
            healthy([one, two], {T: 1})
            async with reading(one) as consumer:
                consumer.assign([TP])
                consumer.seek(TP, 5)
                await consumer.getmany(timeout_ms=10)
                await consumer._client.ready(1, group=ConnectionGroup.COORDINATION)
                await consumer._client.ready(2)
                one.reset()
                await asyncio.sleep(0)
                time.sleep(0.001 * (turn % 3))  # noqa: ASYNC251 - a batch in the engine
                await consumer.getmany(timeout_ms=10)
                if turn % 2:
                    two.reset()
                before = one.count[Api.FETCH]
                await until(lambda: one.count[Api.FETCH] > before, consumer)
                return watch.ended(consumer)

    async def several() -> list[str | None]:
        return [await once(turn) for turn in range(12)]

    assert uvloop.run(several()) == [None] * 12


BAD_OFFSETS: list[Any] = [[], None, [("other", [(0, 0, -1, 0)])], [(T, None)], [(T, [(0, 75, -1, -1)])]]
BAD_FETCHES: list[Any] = [
    None,
    [],
    [(T, None)],
    [("other", [(0, 0, 9, 9, 0, None, -1, b"")])],
    [(T, [(7, 0, 9, 9, 0, None, -1, b"")])],
]


@pytest.mark.parametrize("told", BAD_OFFSETS, ids=str)
async def test_an_answer_without_the_offset_is_asked_again(told: Any) -> None:
    async with FakeBroker() as broker:
        healthy([broker], {T: 1})
        bad = lambda _: offset.OffsetResponse_v3(0, told)  # noqa: E731
        broker.on(Api.LIST_OFFSETS, sequence(bad, bad, list_offsets(end=8)))
        async with reading(broker, auto_offset_reset="latest") as consumer:
            consumer.assign([TP])
            async with asyncio.timeout(5):
                assert await consumer.position(TP) == 8
            broker.on(Api.LIST_OFFSETS, sequence(bad, list_offsets(end=9)))
            assert await consumer.end_offsets([TP]) == {TP: 9}
            assert watch.ended(consumer) is None


@pytest.mark.parametrize("told", BAD_FETCHES, ids=str)
async def test_an_answer_about_other_partitions_is_asked_again(told: Any) -> None:
    async with FakeBroker() as broker:
        healthy([broker], {T: 1})
        bad = lambda _: fetch.FetchResponse_v11(0, 0, 0, told)  # noqa: E731
        broker.on(Api.FETCH, sequence(bad, bad, fetched(end=8)))
        async with reading(broker) as consumer:
            consumer.assign([TP])
            consumer.seek(TP, 5)
            await until(lambda: consumer.highwater(TP) == 8, consumer)
            assert watch.ended(consumer) is None


def _nonsense(_: Asked) -> bytes:
    return b"\xff" * 40


def _hang_up(_: Asked) -> None:
    raise HangUp


@pytest.mark.parametrize("answer", [_nonsense, _hang_up])
@pytest.mark.parametrize("api", [Api.METADATA, Api.FETCH, Api.LIST_OFFSETS])
async def test_bytes_that_can_not_be_read_are_asked_again(api: Api, answer: Any) -> None:
    async with FakeBroker() as broker:
        healthy([broker], {T: 1})
        async with reading(broker, auto_offset_reset="latest") as consumer:
            broker.on(api, sequence(answer, answer, broker.handler(api)))
            consumer.assign([TP])
            await until(lambda: broker.count[Api.FETCH] > 4, consumer)
            assert await asyncio.wait_for(consumer._client.force_metadata_update(), 5)
            assert watch.ended(consumer) is None


@pytest.mark.parametrize("topics", [None, [(0, T, False, None)]], ids=str)
async def test_metadata_without_arrays_kills_no_task(topics: Any) -> None:
    async with FakeBroker() as broker:
        healthy([broker], {T: 1})
        async with reading(broker) as consumer:
            consumer.assign([TP])
            await consumer._client.force_metadata_update()
            nodes = [(1, broker.host, broker.port, None)]
            broker.on(Api.METADATA, lambda _: metadata.MetadataResponse_v5(0, nodes, "c", 1, topics))
            await asyncio.wait_for(consumer._client.force_metadata_update(), 5)
            assert consumer._client.cluster.partitions_for_topic(T) == {0}
            broker.on(Api.METADATA, lambda _: metadata.MetadataResponse_v5(0, None, "c", 1, topics))
            assert not await asyncio.wait_for(consumer._client.force_metadata_update(), 5)
            assert watch.ended(consumer) is None


@pytest.mark.parametrize("name", ["metadata", "fetches", "assignment"])
async def test_a_dead_task_of_a_consumer_ends_its_membership_and_can_be_stopped(name: str) -> None:
    async with FakeBroker() as broker:
        healthy([broker], {T: 1})
        async with reading(broker) as consumer:
            consumer.assign([TP])
            consumer.seek(TP, 5)
            polling = Polling(consumer, SETTINGS)
            await consumer.getmany(timeout_ms=10)
            assert not polling.over
            task = watch.tasks(consumer)[name]
            task.cancel()
            await asyncio.wait({task})
            assert (watch.ended(consumer) or "").startswith(name)
            assert polling.over
            before = asyncio.get_running_loop().time()
            await polling.poll([], 30.0, set())  # which would wait for nothing
            assert asyncio.get_running_loop().time() - before < 5
        await _no_connection_left(broker)


async def _no_connection_left(broker: FakeBroker) -> None:
    async with asyncio.timeout(5):
        while broker.connected:
            await asyncio.sleep(0.01)


async def test_a_task_that_died_of_an_error_does_not_keep_a_consumer_from_stopping(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with FakeBroker() as broker:
        healthy([broker], {T: 1})

        def broken(*_: Any) -> None:
            raise ValueError("a mistake")

        async with reading(broker) as consumer:
            consumer.assign([TP])
            consumer.seek(TP, 5)
            await consumer.getmany(timeout_ms=10)
            monkeypatch.setattr(Fetcher, "_get_actions_per_node", broken)
            async with asyncio.timeout(5):
                while watch.ended(consumer) is None:
                    await asyncio.sleep(0.01)
            assert "Unexpected error during data retrieval" in (watch.ended(consumer) or "")
        await _no_connection_left(broker)


@pytest.mark.parametrize("name", ["metadata", "batches"])
async def test_a_dead_task_of_a_producer_is_seen(name: str) -> None:
    async with FakeBroker() as broker:
        healthy([broker], {T: 1})
        producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap)
        await producer.start()
        try:
            assert set(watch.tasks(producer)) == {"metadata", "batches"}
            assert watch.ended(producer) is None
            task = watch.tasks(producer)[name]
            task.cancel()
            await asyncio.wait({task})
            assert (watch.ended(producer) or "").startswith(name)
        finally:
            await producer.stop()


async def test_a_dead_task_of_a_bare_client_is_seen() -> None:
    async with FakeBroker() as broker:
        healthy([broker], {T: 1})
        client = AIOKafkaClient(bootstrap_servers=broker.bootstrap)
        await client.bootstrap()
        assert watch.ended(client) is None
        watch.tasks(client)["metadata"].cancel()
        await asyncio.wait({*watch.tasks(client).values()})
        assert watch.ended(client) == "metadata: cancelled"
        await close_client(client)


async def test_a_producer_outlives_a_connection_that_closes_in_a_look_up() -> None:
    async with FakeBroker() as broker:
        healthy([broker], {T: 1})
        found = broker.handler(Api.FIND_COORDINATOR)
        broker.on(Api.FIND_COORDINATOR, sequence(_hang_up, _hang_up, found))
        producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, transactional_id="x", retry_backoff_ms=10)
        async with asyncio.timeout(5):
            await producer.start()
        try:
            assert broker.count[Api.FIND_COORDINATOR] == 3
            assert watch.ended(producer) is None
        finally:
            await producer.stop()


async def test_a_coordinator_that_is_not_in_the_metadata_yet_is_found() -> None:
    async with FakeBroker() as broker:
        healthy([broker], {T: 1})
        client = AIOKafkaClient(bootstrap_servers=broker.bootstrap)
        await client.bootstrap()
        try:
            nobody = coordination.FindCoordinatorResponse_v1(0, 0, None, 77, broker.host, broker.port)
            broker.on(Api.FIND_COORDINATOR, sequence(lambda _: nobody, broker.handler(Api.FIND_COORDINATOR)))
            async with asyncio.timeout(5):
                while not await client.ready(await client.coordinator_lookup(CoordinationType.GROUP, "g")):
                    await client.force_metadata_update()
        finally:
            await client.close()


async def test_a_start_that_is_cancelled_leaves_no_connection_open() -> None:
    made: list[Any] = []
    asked, never = asyncio.Event(), asyncio.Event()

    async def silent(_: Asked) -> None:
        asked.set()
        await never.wait()

    async with FakeBroker() as broker:
        healthy([broker], {T: 1})
        broker.on(Api.METADATA, silent)
        client = AIOKafkaClient(bootstrap_servers=broker.bootstrap)
        start = asyncio.create_task(client.bootstrap())
        async with asyncio.timeout(5):
            await asked.wait()
        made += [each for each in gc.get_objects() if type(each) is AIOKafkaConnection and each.connected()]
        assert made
        start.cancel()
        await asyncio.wait([start])
        assert not any(each.connected() for each in made)
        never.set()


async def test_aiokafka_itself_dies_of_a_closed_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where this fails, a newer aiokafka may have mended it: look whether the seams are still needed."""
    monkeypatch.setattr(AIOKafkaConnection, "send", connections._send)
    async with FakeBroker() as broker:
        healthy([broker], {T: 1})
        async with reading(broker) as consumer:
            consumer.assign([TP])
            consumer.seek(TP, 5)
            await until(lambda: broker.count[Api.FETCH] > 2, consumer)
            close_writers(consumer._client)
            async with asyncio.timeout(5):
                while watch.ended(consumer) is None:
                    await asyncio.sleep(0.01)
            assert (watch.ended(consumer) or "").startswith("fetches: KafkaError('Unexpected error")


async def test_aiokafka_itself_ends_a_producer_by_a_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same."""
    monkeypatch.setattr(AIOKafkaClient, "coordinator_lookup", lookups._original)
    async with FakeBroker() as broker:
        healthy([broker], {T: 1})
        broker.on(Api.FIND_COORDINATOR, sequence(_hang_up, broker.handler(Api.FIND_COORDINATOR)))
        producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, transactional_id="x", retry_backoff_ms=10)
        try:
            with pytest.raises(KafkaError, match="KafkaConnectionError"):
                await producer.start()
        finally:
            await producer.stop()


async def test_aiokafka_itself_dies_of_an_answer_without_the_offset(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same."""
    monkeypatch.setattr(Fetcher, "__init__", pacing._init)
    monkeypatch.setattr(Fetcher, "_select_read_replica", pacing._replica)
    monkeypatch.setattr(Fetcher, "_get_actions_per_node", pacing._actions)
    async with FakeBroker() as broker:
        healthy([broker], {T: 1})
        broker.on(Api.LIST_OFFSETS, lambda _: offset.OffsetResponse_v3(0, []))
        async with reading(broker) as consumer:
            consumer.assign([TP])
            async with asyncio.timeout(5):
                while watch.ended(consumer) is None:
                    await asyncio.sleep(0.01)
