"""The fake broker of the contract tests is one to real clients: a healthy fake cluster lets them work."""

from __future__ import annotations

from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.support.fake_answers import healthy, offsets
from tests.support.fake_broker import Api, FakeBroker
from tests.support.fake_group import FakeGroup
from worker.kafka.protocol.offsets import Membership, Position
from worker.kafka.seams.assignor import sticky_assignor
from worker.kafka.transactions import TransactionalProducer

TP = TopicPartition("t", 0)


async def test_a_member_joins_and_reads_what_is_committed() -> None:
    async with FakeBroker() as broker:
        healthy([broker], {"t": 4})
        group = FakeGroup(broker)
        broker.on(Api.OFFSET_FETCH, offsets({TP: (5, "text")}))
        consumer = AIOKafkaConsumer(
            "t",
            bootstrap_servers=broker.bootstrap,
            group_id="g",
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            partition_assignment_strategy=(sticky_assignor(),),
        )
        await consumer.start()
        try:
            assert await consumer.getmany(timeout_ms=50) == {}
            assert len(consumer.assignment()) == 4
            assert await consumer.committed(TP) == 5
            assert group.assigned == [[("t", [0, 1, 2, 3])]]
        finally:
            await consumer.stop()
        assert broker.count[Api.LEAVE_GROUP] == 1
        assert not broker.unknown


async def test_a_producer_commits_a_transaction() -> None:
    async with FakeBroker() as broker:
        healthy([broker], {"t": 1})
        producer = TransactionalProducer(
            {"bootstrap_servers": broker.bootstrap, "request_timeout_ms": 2000},
            transactional_id="x",
            transaction_timeout_ms=5000,
            max_batch_size=1000,
            retry_backoff_ms=10,
        )
        await producer.start()
        try:
            await producer.begin_transaction()
            batch = producer.create_batch()
            batch.append(timestamp=1, key=b"k", value=b"v")
            batch.close()
            await (await producer.send_batch(batch, "t", partition=0))
            await producer.send_offsets_to_transaction({TP: Position(5)}, "g", Membership(1, "m", None))
            await producer.commit_transaction()
        finally:
            await producer.stop()
        assert broker.count[Api.PRODUCE] == broker.count[Api.TXN_OFFSET_COMMIT] == broker.count[Api.END_TXN] == 1
        assert not broker.unknown
