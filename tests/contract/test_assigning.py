"""An answer that is an error, or that lacks a topic, never makes a leader take partitions from the fleet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.cluster import ClusterMetadata
from aiokafka.errors import UnknownTopicOrPartitionError
from aiokafka.protocol.metadata import MetadataResponse_v5

from tests.support.fake_answers import Topic, broken, cluster, healthy, sequence
from tests.support.fake_broker import Api, FakeBroker
from tests.support.fake_group import FakeGroup
from worker.kafka.seams import hardening, joining, metadata
from worker.kafka.seams.assignor import sticky_assignor

T = "t"
ALL = [(T, [0, 1, 2, 3])]
FEW = Topic({0: (0, 1), 1: (0, 1)})
LEADERLESS = Topic(dict.fromkeys(range(4), (5, -1)))


@pytest.fixture(autouse=True)
def _hardened() -> None:
    assert hardening.install()


@asynccontextmanager
async def member(broker: FakeBroker, **options: Any) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=broker.bootstrap,
        group_id="g",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        heartbeat_interval_ms=50,
        partition_assignment_strategy=(sticky_assignor(),),
        **options,
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def until_assigned(consumer: AIOKafkaConsumer, count: int, group: FakeGroup, joins: int = 1) -> None:
    async with asyncio.timeout(5):
        while len(consumer.assignment()) != count or len(group.assigned) < joins:
            await consumer.getmany(timeout_ms=20)


@pytest.mark.parametrize(
    "answer",
    [{T: broken(code)} for code in (3, 5, 29, 7, -1, 100)] + [{}, {T: FEW}, {T: Topic({})}, {T: LEADERLESS}],
    ids=[*["3", "5", "29", "7", "-1", "100"], "no topic", "few partitions", "no partitions", "no leaders"],
)
async def test_bad_answers_move_nothing(answer: Mapping[str, Topic]) -> None:
    async with FakeBroker() as broker:
        healthy([broker], {T: 4})
        group = FakeGroup(broker)
        async with member(broker) as consumer:
            consumer.subscribe([T])
            await until_assigned(consumer, 4, group)
            broker.on(Api.METADATA, _only(broker, answer))
            await consumer._client.force_metadata_update()
            group.then(Api.HEARTBEAT, 27)  # and now the group rebalances
            await until_assigned(consumer, 4, group, joins=2)
            assert group.assigned == [ALL, ALL]


def _only(broker: FakeBroker, topics: Mapping[str, Topic]) -> Any:
    """Metadata of just these, whatever is asked for."""
    whole = cluster([broker], topics)

    def handler(asked: Any) -> Any:
        answer: Any = whole(asked)
        answer.topics = [row for row in answer.topics if row[1] in topics]
        return answer

    return handler


@pytest.mark.parametrize("code", [3, 5, 7, -1])
async def test_a_leader_asks_until_it_knows_the_partitions(code: int) -> None:
    async with FakeBroker() as broker:
        healthy([broker], {T: 4})
        group = FakeGroup(broker)
        good, bad = broker.handler(Api.METADATA), cluster([broker], {T: broken(code)})
        async with member(broker) as consumer:
            broker.on(Api.METADATA, sequence(bad, bad, bad, good))
            consumer.subscribe([T])
            await until_assigned(consumer, 4, group)
            assert group.assigned == [ALL]
            assert broker.count[Api.JOIN_GROUP] == 1


async def test_a_leader_that_never_knows_assigns_nothing_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "KNOWN_WITHIN", 0.5)
    async with FakeBroker() as broker:
        healthy([broker], {T: 4})
        group = FakeGroup(broker)
        async with member(broker, session_timeout_ms=600) as consumer:
            broker.on(Api.METADATA, cluster([broker], {T: broken(3)}))
            consumer.subscribe([T])
            with pytest.raises(UnknownTopicOrPartitionError, match=T):
                await until_assigned(consumer, 4, group)
            assert broker.count[Api.JOIN_GROUP] > 1  # each within its session
            assert group.assigned == []
            assert broker.count[Api.SYNC_GROUP] == 0


async def test_silence_about_a_topic_is_not_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "KNOWN_WITHIN", 0.3)
    async with FakeBroker() as broker:
        healthy([broker], {T: 4})
        group = FakeGroup(broker)
        good = broker.handler(Api.METADATA)
        async with member(broker, session_timeout_ms=600, request_timeout_ms=200) as consumer:
            broker.on(Api.METADATA, sequence(cluster([broker], {T: broken(3)}), _too_late))
            consumer.subscribe([T])
            async with asyncio.timeout(10):
                while metadata.unknown_for(consumer._client.cluster, T) < 3 * joining.KNOWN_WITHIN:
                    await asyncio.sleep(0.02)  # `getmany` waits for an assignment
            broker.on(Api.METADATA, good)
            await until_assigned(consumer, 4, group)
            assert group.assigned == [ALL]


async def _too_late(_: Any) -> Any:
    """After the request timeout: other requests wait behind it on their connection."""
    await asyncio.sleep(0.25)
    return MetadataResponse_v5(0, [(1, "127.0.0.1", 1, None)], "c", 1, [(3, T, False, [])])


def _told(known: ClusterMetadata, code: int, partitions: list[Any]) -> None:
    nodes = [(1, "127.0.0.1", 1, None)]
    known.update_metadata(MetadataResponse_v5(0, nodes, "c", 1, [(code, T, False, partitions)]))


def test_a_topic_is_forgotten_when_brokers_have_long_not_known_it(monkeypatch: pytest.MonkeyPatch) -> None:
    known = ClusterMetadata()
    rows: list[Any] = [(0, 0, 1, [1], [1], [])]
    monkeypatch.setattr(metadata, "FORGOTTEN", 0.0)
    _told(known, 0, rows)
    for code in (5, 29, -1):
        _told(known, code, [])
        assert known.partitions_for_topic(T) == {0}
    assert known.unauthorized_topics == set()
    _told(known, 29, [])
    assert known.unauthorized_topics == {T}
    monkeypatch.setattr(metadata, "FORGOTTEN", 1e9)
    _told(known, 3, [])
    assert known.partitions_for_topic(T) == {0}
    monkeypatch.setattr(metadata, "FORGOTTEN", 0.0)
    _told(known, 3, [])
    assert known.partitions_for_topic(T) is None


def test_a_new_leader_is_believed() -> None:
    known = ClusterMetadata()
    _told(known, 0, [(0, 0, 1, [1], [1], []), (0, 1, 1, [1], [1], [])])
    _told(known, 0, [(0, 0, 2, [1], [1], []), (5, 1, -1, [1], [1], []), (0, 2, 1, [1], [1], [])])
    assert [known.leader_for_partition(TopicPartition(T, p)) for p in range(3)] == [2, -1, 1]


async def test_aiokafka_itself_believes_an_error_to_be_no_partitions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where this fails, a newer aiokafka may have mended it: look whether the seam is still needed."""
    known: Any = ClusterMetadata()
    monkeypatch.setattr(ClusterMetadata, "update_metadata", metadata._original)
    _told(known, 0, [(0, 0, 1, [1], [1], [])])
    _told(known, 3, [])
    assert known.partitions_for_topic(T) is None
