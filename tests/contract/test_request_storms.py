"""While a fault lasts, requests of our own come ever more rarely: a cluster that is down is not kept down."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from aiokafka.client import AIOKafkaClient

from tests.chaos.catalogue import fault
from tests.contract.coordinated import GROUP, KINDS, ME, TP, bad, commits, hang_up
from tests.contract.test_leaders import log_of
from tests.support import fake_answers as answers
from tests.support.fake_answers import Topic, cluster, healthy
from tests.support.fake_broker import Api, FakeBroker
from worker.kafka.leaders import Leaders
from worker.kafka.member_offsets import MemberOffsets
from worker.kafka.protocol.offsets import Position
from worker.kafka.seams import hardening
from worker.kafka.transactions import TransactionalProducer

pytestmark = fault("F41")

SECONDS = 3.0
EACH = 14  # most requests of one kind: at 0, 10, 30, 70, 150, 310, 630, 1270, 2270 ms, and what jitter adds
ALL = 25  # most requests of all kinds
CLOSED = 45  # the same where each attempt also connects, asks who is there and looks the coordinator up


class Storm:
    """A broker, and clients of it to be stopped."""

    def __init__(self, broker: FakeBroker) -> None:
        self.broker, self.stop = broker, list[Callable[[], Awaitable[None]]]()

    async def producer(self) -> TransactionalProducer:
        made = TransactionalProducer(
            {"bootstrap_servers": self.broker.bootstrap, "request_timeout_ms": 5_000},
            transactional_id="x",
            transaction_timeout_ms=10_000,
            max_batch_size=600_000,
            retry_backoff_ms=10,  # as the sink sets it
        )
        self.stop.append(made.stop)
        await made.start()
        await made.begin_transaction()
        return made

    async def client(self) -> AIOKafkaClient:
        made = AIOKafkaClient(bootstrap_servers=self.broker.bootstrap, request_timeout_ms=5_000)
        self.stop.append(made.close)
        await made.bootstrap()
        return made

    def without_leader(self) -> None:
        self.broker.on(Api.METADATA, cluster([self.broker], {TP.topic: Topic({0: (5, -1)})}))

    def answered(self, name: str, code: int) -> None:
        answer = bad(KINDS[name], code)
        self.broker.on(KINDS[name].api, lambda _: answer)


Begun = Callable[[Storm], Awaitable[Awaitable[Any]]]


def outputs(code: int) -> Begun:
    async def begin(storm: Storm) -> Awaitable[Any]:
        producer = await storm.producer()
        storm.broker.on(Api.PRODUCE, answers.produced({TP: code}))
        batch = producer.create_batch()
        while batch.append(timestamp=0, key=b"k", value=b"x" * 1_000) is not None:
            pass
        batch.close()
        return await producer.send_batch(batch, TP.topic, partition=0)

    return begin


async def outputs_without_leader(storm: Storm) -> Awaitable[Any]:
    producer = await storm.producer()
    storm.without_leader()
    await producer._client.force_metadata_update()
    batch = producer.create_batch()
    batch.append(timestamp=0, key=b"k", value=b"x")
    batch.close()
    return await producer.send_batch(batch, TP.topic, partition=0)


async def opening(storm: Storm) -> Awaitable[Any]:
    storm.answered("InitProducerId", 51)
    return storm.producer()


async def opening_at_no_coordinator(storm: Storm) -> Awaitable[Any]:
    storm.broker.on(Api.FIND_COORDINATOR, answers.coordinator(storm.broker, 15))
    return storm.producer()


async def opening_at_closed_connections(storm: Storm) -> Awaitable[Any]:
    storm.broker.on(Api.INIT_PRODUCER_ID, hang_up)
    return storm.producer()


def offsets(code: int) -> Begun:
    async def begin(storm: Storm) -> Awaitable[Any]:
        producer = await storm.producer()
        storm.answered("TxnOffsetCommit", code)
        return commits(producer)

    return begin


def the_end(code: int) -> Begun:
    async def begin(storm: Storm) -> Awaitable[Any]:
        producer = await storm.producer()
        producer._written = True
        storm.answered("EndTxn", code)
        return producer.commit_transaction()

    return begin


async def offsets_of_a_member(storm: Storm) -> Awaitable[Any]:
    member = MemberOffsets(await storm.client(), GROUP, lambda: ME)
    storm.answered("OffsetCommit", 14)
    return member.commit({TP: Position(5)})


async def unstable_offsets(storm: Storm) -> Awaitable[Any]:
    producer = await storm.producer()
    await commits(producer)
    storm.broker.on(Api.OFFSET_FETCH, answers.offsets(codes={TP: 88}))
    return producer.fetch_offsets(GROUP, TP)


async def the_end_of_a_log(storm: Storm) -> Awaitable[Any]:
    leaders = Leaders(await storm.client())
    storm.broker.on(Api.LIST_OFFSETS, log_of(99, 5))  # of another election, for ever
    return leaders.end(TP)


async def a_log_without_leader(storm: Storm) -> Awaitable[Any]:
    leaders = Leaders(await storm.client())
    storm.without_leader()
    return leaders.end(TP)


FAULTS: dict[str, Begun] = {
    "NOT_ENOUGH_REPLICAS for outputs": outputs(19),
    "NOT_LEADER for outputs, and no other is known": outputs(6),
    "no leader for outputs": outputs_without_leader,
    "CONCURRENT_TRANSACTIONS at the opening": opening,
    "no coordinator at the opening": opening_at_no_coordinator,
    "closed connections at the opening": opening_at_closed_connections,
    "CONCURRENT_TRANSACTIONS for offsets": offsets(51),
    "NOT_COORDINATOR for offsets, and no other is known": offsets(16),
    "CONCURRENT_TRANSACTIONS for the end": the_end(51),
    "COORDINATOR_LOAD_IN_PROGRESS for offsets of a member": offsets_of_a_member,
    "UNSTABLE_OFFSET_COMMIT": unstable_offsets,
    "another epoch": the_end_of_a_log,
    "no leader to ask": a_log_without_leader,
}


async def counted(begin: Begun) -> Counter[Api]:
    """The requests of `SECONDS`."""
    async with FakeBroker() as broker:
        healthy([broker], {TP.topic: 1})
        storm = Storm(broker)
        work = asyncio.ensure_future(await begin(storm))
        broker.count.clear()
        try:
            done, _ = await asyncio.wait({work}, timeout=SECONDS)
            assert not done, work
            return Counter(broker.count)
        finally:
            work.cancel()
            await asyncio.wait({work})
            for stop in storm.stop:
                await stop()


async def test_no_fault_makes_a_storm() -> None:
    assert hardening.install()
    found = await asyncio.gather(*(counted(begin) for begin in FAULTS.values()))
    for name, count in zip(FAULTS, found, strict=True):
        assert max(count.values()) >= 5, (name, count)  # it does try
        assert max(count.values()) <= EACH, (name, count)
        assert count.total() <= (CLOSED if name.startswith("closed") else ALL), (name, count)
