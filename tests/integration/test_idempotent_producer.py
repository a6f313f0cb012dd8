"""The producer of at_least_once on a real broker: what it sends is there once and in order, whatever is cut between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import MessageSizeTooLargeError, UnknownTopicOrPartitionError

from tests.integration.conftest import Bootstrap
from tests.support.kafka import create_topics, read_partition
from worker.kafka.seams import connections, hardening, metadata
from worker.kafka.seams.fast import posting
from worker.kafka.transactions.idempotent import SEQUENCES, IdempotentProducer

pytestmark = pytest.mark.kafka


@pytest.fixture(autouse=True, params=[True, False], ids=["posted", "in tasks"])
def direct(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether requests are written at once, as workers do with the seam, or in tasks as without it."""
    assert hardening.install()
    send = posting.client_send if request.param else connections.client_send
    monkeypatch.setattr(AIOKafkaClient, "send", send)
    return bool(request.param)


@asynccontextmanager
async def producing(bootstrap: str) -> AsyncIterator[IdempotentProducer]:
    options = {"bootstrap_servers": bootstrap, "request_timeout_ms": 15_000}
    producer = IdempotentProducer(options, max_batch_size=100_000, retry_backoff_ms=20)
    await producer.start()
    try:
        yield producer
    finally:
        await producer.stop()


async def send(producer: IdempotentProducer, tp: TopicPartition, *values: bytes) -> asyncio.Future[int]:
    return await producer.send_batch(filled(producer, *values), tp.topic, partition=tp.partition)


def filled(producer: IdempotentProducer, *values: bytes) -> Any:
    batch = producer.create_batch()
    for value in values:
        assert batch.append(timestamp=1, key=None, value=value) is not None
    batch.close()
    return batch


async def values(bootstrap: str, tp: TopicPartition) -> list[bytes | None]:
    """All that a partition holds."""
    records = await read_partition(bootstrap, tp.topic, tp.partition)
    assert [record.offset for record in records] == list(range(len(records)))
    return [record.value for record in records]


def connections_of(producer: IdempotentProducer) -> list[Any]:
    client: Any = producer._client
    return [connection for connection in client._conns.values() if connection.connected()]


async def test_batches_of_topics_and_partitions_are_there_once_and_in_order(
    broker: Bootstrap, topic_prefix: str
) -> None:
    topics = {f"{topic_prefix}.one": 3, f"{topic_prefix}.two": 2}
    await create_topics(broker.bootstrap, topics)
    tps = [TopicPartition(topic, partition) for topic, count in topics.items() for partition in range(count)]
    sizes = [1, 3, 2, 5] * 5

    async with producing(broker.bootstrap) as producer:

        async def writes(tp: TopicPartition) -> list[int]:
            acknowledged, next_value = [], 0
            for size in sizes:
                acknowledged.append(await send(producer, tp, *(b"%d" % (next_value + i) for i in range(size))))
                next_value += size
            return await asyncio.gather(*acknowledged)

        offsets = await asyncio.gather(*map(writes, tps))
    expected = [sum(sizes[:number]) for number in range(len(sizes))]
    assert offsets == [expected] * len(tps)
    for tp in tps:
        assert await values(broker.bootstrap, tp) == [b"%d" % i for i in range(sum(sizes))]


@pytest.mark.parametrize("first", [SEQUENCES - 4, SEQUENCES - 3], ids=["between batches", "within a batch"])
async def test_sequences_go_on_from_the_last_to_the_first(broker: Bootstrap, topic_prefix: str, first: int) -> None:
    tp = TopicPartition(topic_prefix, 0)
    await create_topics(broker.bootstrap, {topic_prefix: 1})
    async with producing(broker.bootstrap) as producer:
        producer._sequences[tp] = first
        sent = [b"%d" % number for number in range(10)]
        for at in range(0, 10, 2):
            batch = filled(producer, *sent[at : at + 2])
            acknowledged = await producer.send_batch(batch, tp.topic, partition=tp.partition)
            assert await acknowledged == at
            # A broker that has lost its place in the sequence would write the repeat.
            assert await producer._sender.add(tp, batch) in (at, -1)
        assert producer._sequences[tp] == first + 10 - SEQUENCES
    assert await values(broker.bootstrap, tp) == sent


async def test_a_connection_that_is_cut_loses_nothing_and_repeats_nothing(broker: Bootstrap, topic_prefix: str) -> None:
    tps = [TopicPartition(topic_prefix, partition) for partition in range(4)]
    await create_topics(broker.bootstrap, {topic_prefix: len(tps)})
    cut_in_flight = 0
    async with producing(broker.bootstrap) as producer:
        acknowledged: dict[TopicPartition, list[asyncio.Future[int]]] = {tp: [] for tp in tps}
        for number in range(40):
            for tp in tps:
                acknowledged[tp].append(await send(producer, tp, b"%d" % number))
            if number % 4:
                continue
            # As soon as a request is on its way; its answer is not read yet.
            while not any(connection._requests for connection in connections_of(producer)) and producer._sender.busy:
                await asyncio.sleep(0)
            for connection in connections_of(producer):
                cut_in_flight += bool(connection._requests)
                connection.close()
        for tp in tps:
            offsets = await asyncio.gather(*acknowledged[tp])
            assert all(offset in (at, -1) for at, offset in enumerate(offsets)), (tp, offsets)
    assert cut_in_flight > 5
    for tp in tps:
        assert await values(broker.bootstrap, tp) == [b"%d" % number for number in range(40)]


async def test_an_unknown_topic_is_named_and_others_go_on(
    broker: Bootstrap, topic_prefix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metadata, "FORGOTTEN", 0.5)
    tp, absent = TopicPartition(topic_prefix, 0), TopicPartition(f"{topic_prefix}.absent", 0)
    await create_topics(broker.bootstrap, {topic_prefix: 1})
    async with producing(broker.bootstrap) as producer:
        unknown = asyncio.create_task(send(producer, absent, b"never"))
        number = 0
        while not unknown.done() or number < 3:
            assert await (await send(producer, tp, b"%d" % number)) == number
            number += 1
        with pytest.raises(UnknownTopicOrPartitionError, match=absent.topic):
            await unknown
        assert await (await send(producer, tp, b"%d" % number)) == number
    assert await values(broker.bootstrap, tp) == [b"%d" % i for i in range(number + 1)]


async def test_what_is_too_large_is_refused_and_others_go_on(broker: Bootstrap, topic_prefix: str) -> None:
    small, other = TopicPartition(f"{topic_prefix}.small", 0), TopicPartition(topic_prefix, 0)
    beside = TopicPartition(small.topic, 1)
    await create_topics(broker.bootstrap, {small.topic: 2}, {"max.message.bytes": "1000"})
    await create_topics(broker.bootstrap, {other.topic: 1})
    async with producing(broker.bootstrap) as producer:
        first = [await send(producer, tp, b"0") for tp in (small, beside, other)]
        assert await asyncio.gather(*first) == [0, 0, 0]
        refused, *taken = [
            await send(producer, small, bytes(2000)),
            await send(producer, beside, b"1"),
            await send(producer, other, bytes(2000)),
        ]
        with pytest.raises(MessageSizeTooLargeError, match=small.topic):
            await refused
        assert await asyncio.gather(*taken) == [1, 1]
        assert await (await send(producer, other, b"2")) == 2
    assert await values(broker.bootstrap, small) == [b"0"]
    assert await values(broker.bootstrap, beside) == [b"0", b"1"]
    assert await values(broker.bootstrap, other) == [b"0", bytes(2000), b"2"]


async def test_the_leaders_of_all_its_topics_are_looked_up_again(broker: Bootstrap, topic_prefix: str) -> None:
    """Before its first batch, a refresh tells of all topics; those it sends to must be in each later one."""
    first, later = TopicPartition(topic_prefix, 0), TopicPartition(f"{topic_prefix}.later", 0)
    await create_topics(broker.bootstrap, {first.topic: 1})
    async with producing(broker.bootstrap) as producer:
        await producer._client.force_metadata_update()
        assert producer._client.cluster.partitions_for_topic(first.topic) == {0}
        assert await (await send(producer, first, b"0")) == 0
        await create_topics(broker.bootstrap, {later.topic: 1})
        assert await (await send(producer, later, b"0")) == 0
        assert {first.topic, later.topic} <= producer._client._topics
