"""A publisher on a real cluster whose brokers are killed in turn: all arrives, and nothing is said that is not so."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from pathlib import Path

import pytest
from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from tests.support.kafka import create_topics, read_partition
from worker.broker import Broker
from worker.broker.cluster import Cluster
from worker.sources.publisher import PublishSummary, publish_records
from worker.sources.record import Record
from worker.sources.simulation.simulator import Simulation, simulated_records

pytestmark = pytest.mark.kafka
PARTITIONS = 6
MARKET = Simulation(symbols=30, bars=4_000)
TOTAL = MARKET.symbols * MARKET.bars


class Killer:
    """Kills each broker once, the next when the one before is back."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster, self._left = cluster, [1, 2, 3]
        self._returning: asyncio.Future[object] | None = None
        self.killed = 0

    def __call__(self, acknowledged: int) -> None:
        back = self._returning is None or self._returning.done()
        if not self._left or not back or acknowledged < TOTAL * (self.killed + 1) // 5:
            return
        node = self._cluster[self._left.pop(0)]
        node.kill()
        self.killed += 1
        self._returning = asyncio.get_running_loop().run_in_executor(None, self._restart, node)

    def _restart(self, node: object) -> None:
        self._cluster.start()  # those that do not run; returns when each knows all

    async def done(self) -> None:
        if self._returning is not None:
            await self._returning


async def published(cluster: Cluster, killer: Killer, waits: list[float], ends: list[float]) -> PublishSummary:
    options = {"bootstrap_servers": cluster[1].bootstrap, "request_timeout_ms": 3_000, "max_batch_size": 16_384}
    records = simulated_records(MARKET)
    return await publish_records(
        options, "ticks", records, 8_000.0, killer, on_wait=waits.append, on_recovery=ends.append
    )


async def test_all_arrives_while_each_broker_is_killed_and_comes_back() -> None:
    with Cluster(3) as cluster:
        await create_topics(cluster.bootstrap, {"ticks": PARTITIONS}, replicas=3)
        killer, waits, ends = Killer(cluster), list[float](), list[float]()
        summary = await published(cluster, killer, waits, ends)
        await killer.done()
        found: dict[bytes, list[Record]] = defaultdict(list)
        copies = 0
        for partition in range(PARTITIONS):
            for record in await read_partition(cluster.bootstrap, "ticks", partition):
                assert record.key is not None
                assert record.value is not None
                found[record.key].append(Record(record.key, record.value, record.timestamp))
                copies += 1
    assert killer.killed == 3
    assert summary.records == TOTAL
    assert copies - TOTAL <= summary.repeated
    expected: dict[bytes, list[Record]] = defaultdict(list)
    for sent in simulated_records(MARKET):
        expected[sent.key].append(sent)
    assert {key: list(dict.fromkeys(records)) for key, records in found.items()} == dict(expected)
    assert len(waits) == len(ends)  # each outage that was told has ended


async def first_offset(bootstrap: str, topic: str, timestamp: int) -> int:
    """Send the first batch of producer 4711, and return the offset that the broker says it has."""
    batch = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=0,
        is_transactional=0,
        producer_id=4711,
        producer_epoch=0,
        base_sequence=0,
        batch_size=4_096,
    )
    for number, value in enumerate((b"first", b"second")):
        batch.append(number, timestamp, b"key", value, [])
    client = AIOKafkaClient(bootstrap_servers=bootstrap)
    await client.bootstrap()
    try:
        await client.force_metadata_update()
        leader = client.cluster.leader_for_partition(TopicPartition(topic, 0))
        answer = await client.send(leader, ProduceRequest(None, -1, 10_000, [(topic, [(0, bytes(batch.build()))])]))
    finally:
        await client.close()
    ((_, ((_, error, offset, *_),)),) = answer.topics
    assert not error
    return int(offset)


@pytest.mark.variant
@pytest.mark.parametrize(("age", "again"), [(0.0, 0), (2 * 86_400.0, 2)], ids=["today", "history"])
async def test_a_restarted_broker_knows_no_producer_of_history(tmp_path: Path, age: float, again: int) -> None:
    """A broker drops sequences of records older than `producer.id.expiration.ms` when it loads a log."""
    timestamp = int((time.time() - age) * 1_000)
    with Broker(home=tmp_path) as broker:
        await create_topics(broker.bootstrap, {"sequences": 1})
        assert await first_offset(broker.bootstrap, "sequences", timestamp) == 0
        assert await first_offset(broker.bootstrap, "sequences", timestamp) == 0
        await asyncio.to_thread(broker.restart)
        assert await first_offset(broker.bootstrap, "sequences", timestamp) == again
