"""The producer of transactions, by both protocols, against a real broker; what it wrote is read by another client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import (
    IllegalOperation,
    KafkaConnectionError,
    MessageSizeTooLargeError,
    ProducerFenced,
    UnknownTopicOrPartitionError,
)
from confluent_kafka import Consumer
from confluent_kafka import TopicPartition as Place

from tests.integration.conftest import Bootstrap
from tests.support.kafka import create_topics
from worker.broker import Broker
from worker.kafka.client import client_options
from worker.kafka.errors import Fenced
from worker.kafka.producers import Clients
from worker.kafka.protocol.offsets import Membership, Position
from worker.kafka.records.outputs import Output
from worker.kafka.seams import metadata
from worker.kafka.transactions import EpochRefused, TransactionalProducer
from worker.settings import KafkaSettings
from worker.stream.output.sink import Commit, TransactionalSink
from worker.stream.state.checkpoint import Checkpoint, Opened

pytestmark = pytest.mark.kafka

OUT, STATE, IN = "out", "state", "in"
BATCH = 20_000  # bytes
ALONE = Membership(-1, "", None)  # of a group without members: nothing is checked


class Scene:
    """Topics of one test, of one partition each, and producers of one transactional id."""

    def __init__(self, bootstrap: str, prefix: str) -> None:
        self.bootstrap, self.prefix = bootstrap, prefix
        self.options = client_options(KafkaSettings(bootstrap_servers=bootstrap, request_timeout_ms=5_000))
        self.started: list[TransactionalProducer] = []

    def name(self, topic: str) -> str:
        return f"{self.prefix}-{topic}"

    async def make(self, **config: str) -> None:
        await create_topics(self.bootstrap, {self.name(topic): 1 for topic in (OUT, STATE, IN)}, config)

    async def producer(self) -> TransactionalProducer:
        made = TransactionalProducer(
            self.options,
            transactional_id=self.prefix,
            transaction_timeout_ms=10_000,
            max_batch_size=BATCH,
            retry_backoff_ms=10,
        )
        self.started.append(made)
        await made.start()
        return made

    async def send(self, producer: TransactionalProducer, topic: str, *values: bytes) -> asyncio.Future[int]:
        batch = producer.create_batch()
        for value in values:
            assert batch.append(timestamp=1, key=b"k", value=value) is not None
        batch.close()
        return await producer.send_batch(batch, self.name(topic), partition=0)

    async def commit(self, producer: TransactionalProducer, *values: bytes, offset: int | None = None) -> None:
        await producer.begin_transaction()
        await (await self.send(producer, OUT, *values))
        if offset is not None:
            await producer.send_offsets_to_transaction(self.offsets(offset), self.prefix, ALONE)
        await producer.commit_transaction()

    def offsets(self, offset: int) -> dict[TopicPartition, Position]:
        return {TopicPartition(self.name(IN), 0): Position(offset, text=f"at {offset}")}

    def read(self, topic: str = OUT, isolation: str = "read_committed") -> list[bytes]:
        """All values up to the end of the partition, by librdkafka."""
        reader = Consumer(
            {
                "bootstrap.servers": self.bootstrap,
                "group.id": f"{self.prefix}-reader",
                "isolation.level": isolation,
                "enable.partition.eof": True,
                "auto.offset.reset": "earliest",
            }
        )
        try:
            reader.assign([Place(self.name(topic), 0, 0)])
            values: list[bytes] = []
            while True:
                message = reader.poll(20)
                assert message is not None, "no end of the partition within 20 s"
                if message.error():
                    return values
                values.append(message.value() or b"")
        finally:
            reader.close()

    async def committed(self) -> int | None:
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, group_id=self.prefix, enable_auto_commit=False)
        await consumer.start()
        try:
            return await consumer.committed(TopicPartition(self.name(IN), 0))  # type: ignore[no-any-return]
        finally:
            await consumer.stop()


@pytest.fixture
async def scene(broker: Bootstrap, topic_prefix: str) -> AsyncIterator[Scene]:
    made = Scene(broker.bootstrap, topic_prefix)
    await made.make()
    yield made
    for producer in made.started:
        await producer.stop()


def losing_answers(producer: TransactionalProducer, name: str, losses: int) -> list[Any]:
    """Let the broker get the next `losses` requests of a kind twice: their answers are lost on the way back."""
    send = producer._client.send
    lost: list[Any] = []

    async def changed(node: int, request: Any, **more: Any) -> Any:
        answer = await send(node, request, **more)
        if type(answer).__name__ == name and len(lost) < losses:
            lost.append(answer)
            raise KafkaConnectionError("lost on the way back")
        return answer

    producer._client.send = changed  # type: ignore[method-assign, assignment]
    return lost


async def test_what_is_committed_is_read_with_its_offset_and_what_is_aborted_is_not(scene: Scene) -> None:
    producer = await scene.producer()
    epochs = [producer._producer.epoch]
    await scene.commit(producer, b"a", b"b", offset=2)
    epochs.append(producer._producer.epoch)
    await producer.begin_transaction()
    await (await scene.send(producer, OUT, b"never"))
    await producer.send_offsets_to_transaction(scene.offsets(9), scene.prefix, ALONE)
    await producer.abort_transaction()
    epochs.append(producer._producer.epoch)
    await scene.commit(producer, b"c", offset=3)
    assert scene.read() == [b"a", b"b", b"c"]
    assert scene.read(isolation="read_uncommitted") == [b"a", b"b", b"never", b"c"]
    assert await scene.committed() == 3
    assert epochs == [epochs[0], epochs[0] + 1, epochs[0] + 2]


async def test_many_batches_to_two_topics_stay_in_order(scene: Scene) -> None:
    producer = await scene.producer()
    values = [b"%05d" % n + bytes(2_000) for n in range(120)]
    await producer.begin_transaction()
    sent = []
    for start in range(0, len(values), 8):
        sent.append(await scene.send(producer, OUT, *values[start : start + 8]))
        sent.append(await scene.send(producer, STATE, *values[start : start + 4]))
    await asyncio.gather(*sent)
    await producer.commit_transaction()
    assert scene.read() == values
    assert scene.read(STATE) == [value for n, value in enumerate(values) if n % 8 < 4]


async def test_an_empty_transaction_asks_nobody(scene: Scene) -> None:
    producer = await scene.producer()
    known = producer._producer
    await producer.begin_transaction()
    await producer.commit_transaction()
    assert producer._producer == known
    await scene.commit(producer, b"a")
    assert scene.read() == [b"a"]


@pytest.mark.parametrize("answer", ["ProduceResponse", "TxnOffsetCommitResponse", "EndTxnResponse"])
async def test_a_request_whose_answer_is_lost_counts_once(scene: Scene, answer: str) -> None:
    producer = await scene.producer()
    lost = losing_answers(producer, answer, 2)
    await scene.commit(producer, b"a", b"b", offset=2)
    await scene.commit(producer, b"c", offset=3)
    assert len(lost) == 2
    assert scene.read() == [b"a", b"b", b"c"]
    assert await scene.committed() == 3


async def test_a_successor_fences_and_ends_what_is_open(scene: Scene) -> None:
    old = await scene.producer()
    await scene.commit(old, b"a", offset=1)
    await old.begin_transaction()
    await (await scene.send(old, OUT, b"never"))
    new = await scene.producer()
    late = await scene.send(old, OUT, b"late")
    with pytest.raises(ProducerFenced):
        await late
    with pytest.raises(ProducerFenced):
        await old.send_offsets_to_transaction(scene.offsets(7), scene.prefix, ALONE)
    with pytest.raises(EpochRefused):
        await old.commit_transaction()
    await scene.commit(new, b"b", offset=2)
    assert scene.read() == [b"a", b"b"]
    assert await scene.committed() == 2


async def test_a_batch_that_is_refused_says_so_and_its_transaction_can_be_aborted(
    broker: Bootstrap, topic_prefix: str
) -> None:
    scene = Scene(broker.bootstrap, topic_prefix)
    await scene.make(**{"max.message.bytes": "1024"})
    producer = await scene.producer()
    try:
        await producer.begin_transaction()
        refused = await scene.send(producer, OUT, bytes(5_000))
        fine = await scene.send(producer, STATE, b"small")
        with pytest.raises(MessageSizeTooLargeError):
            await refused
        await fine
        await producer.abort_transaction()
        await scene.commit(producer, b"a")
        assert scene.read() == [b"a"]
        assert scene.read(STATE) == []
    finally:
        await producer.stop()


async def test_what_is_called_out_of_turn_is_refused(scene: Scene) -> None:
    producer = await scene.producer()
    with pytest.raises(IllegalOperation):
        await scene.send(producer, OUT, b"a")
    with pytest.raises(IllegalOperation):
        await producer.commit_transaction()
    await producer.begin_transaction()
    with pytest.raises(IllegalOperation):
        await producer.begin_transaction()
    sent = await scene.send(producer, OUT, b"a")
    with pytest.raises(IllegalOperation):
        await producer.commit_transaction()  # not acknowledged yet
    await sent
    await producer.commit_transaction()
    assert scene.read() == [b"a"]


async def test_a_topic_that_is_not_there_is_named(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "FORGOTTEN", 0.5)
    producer = await scene.producer()
    await producer.begin_transaction()
    with pytest.raises(UnknownTopicOrPartitionError):
        await scene.send(producer, "absent", b"a")


async def test_it_stops_also_when_its_client_is_broken(scene: Scene) -> None:
    producer = await scene.producer()
    await scene.commit(producer, b"a")

    async def dies() -> None:
        raise RuntimeError("the handler is closed")

    task = asyncio.create_task(dies())
    await asyncio.wait({task})
    producer._client._sync_task, running = task, producer._client._sync_task
    connections = list(producer._client._conns.values())
    assert any(connection.connected() for connection in connections)
    await producer.stop()
    assert not any(connection.connected() for connection in connections)
    assert running is not None
    running.cancel()


@pytest.fixture(scope="module")
def former() -> Iterator[Broker]:
    """A cluster that was upgraded without the feature."""
    with Broker(features={"transaction.version": 1}) as broker:
        yield broker


async def test_the_sink_speaks_the_former_protocol(former: Broker, topic_prefix: str) -> None:
    await delivers(Scene(former.bootstrap, topic_prefix), is_former=True)


async def test_the_sink_speaks_the_new_one(scene: Scene) -> None:
    await delivers(scene, is_former=False, made=True)


async def test_many_transactions_by_the_former_protocol(former: Broker, topic_prefix: str) -> None:
    """Sequence numbers go on from one to the next, also behind an abort."""
    scene = Scene(former.bootstrap, topic_prefix)
    await scene.make()
    producer = await scene.producer()
    await scene.commit(producer, b"a", offset=1)
    await producer.begin_transaction()
    await (await scene.send(producer, OUT, b"never"))
    await producer.abort_transaction()
    await scene.commit(producer, b"b", b"c", offset=3)
    await scene.commit(producer, b"d", offset=4)
    await producer.stop()
    assert scene.read() == [b"a", b"b", b"c", b"d"]
    assert await scene.committed() == 4


async def delivers(scene: Scene, is_former: bool, made: bool = False) -> None:
    """Two owners of a partition, one after the other."""
    if not made:
        await scene.make()

    def sink() -> TransactionalSink:
        clients = Clients(scene.options, BATCH, lambda: ALONE, None, {})
        tp = TopicPartition(scene.name(IN), 0)
        return TransactionalSink(tp, scene.prefix, scene.name(STATE), clients, 10_000, fast=True)

    def outputs(*values: bytes, topic: str = OUT) -> list[Output]:
        return [Output(scene.name(topic), b"k", value, 1, ()) for value in values]

    first, second = sink(), sink()
    checkpoint = Checkpoint(0, 0, 0, 1)
    try:
        await first.start()
        assert first._producer is not None
        assert first._producer._former is is_former
        assert await first.read() == Opened(None, 0)
        told = await first.deliver(outputs(b"a"), outputs(b"b", b"c", topic=STATE), Commit(1, 0, checkpoint))
        assert told == checkpoint._replace(state_end=4)  # behind the barrier and its marker, and two records
        await second.start()
        with pytest.raises(Fenced):
            await first.deliver(outputs(b"never"), (), Commit(2, 0, checkpoint))
        assert await second.read() == Opened(Position(1, 0, told.text), 5)
        assert await second.deliver(outputs(b"c"), (), Commit(2, 0, checkpoint)) == checkpoint
    finally:
        await first.stop()
        await second.stop()
    assert scene.read() == [b"a", b"c"]
    assert await scene.committed() == 2
