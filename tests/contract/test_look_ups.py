"""Who coordinates, what the cluster speaks, and a transaction that never ends."""

from __future__ import annotations

import asyncio
import logging

import pytest
from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from aiokafka.protocol import coordination

from tests.contract.coordinated import (
    CODES,
    KINDS,
    bad,
    cluster,
    is_as,
    told,
)
from tests.support import fake_answers as answers
from tests.support.fake_answers import sequence
from tests.support.fake_broker import Answer, Api, Asked, FakeBroker
from worker.errors import NotPermitted
from worker.kafka import asking
from worker.kafka.seams import hardening

LOOK_UPS = {30: NotPermitted, 53: NotPermitted}


async def test_each_code_of_a_look_up_is_asked_again_or_a_matter_of_rights() -> None:
    kind = KINDS["TxnOffsetCommit"]
    async with cluster() as scene:
        for code in CODES:
            scene.clear()
            producer = scene.producer()
            await producer.start()
            scene.clear()
            for broker in (scene.one, scene.two):
                wrong = answers.coordinator(broker, code)
                broker.on(Api.FIND_COORDINATOR, sequence(wrong, answers.coordinator(scene.one)))
            error = None
            try:
                async with asyncio.timeout(5):
                    await kind.call(producer)
            except KafkaError as found:
                error = found
            await scene.close()
            if expected := LOOK_UPS.get(code):
                assert is_as(error, expected), (code, error)
                assert scene.count(kind.api) == (0, 0)
            else:
                assert error is None, (code, error)
                assert 2 <= scene.look_ups <= 3, code  # each broker may say it once
                assert scene.count(kind.api) == (1, 0)


async def test_a_coordinator_that_no_broker_is_named_for_is_looked_up_again() -> None:
    kind = KINDS["TxnOffsetCommit"]
    async with cluster() as scene:
        scene.clear()
        producer = scene.producer()
        await producer.start()
        for node in (-1, 77):
            scene.clear()
            producer._groups.clear()
            for broker in (scene.one, scene.two):
                nobody = coordination.FindCoordinatorResponse_v1(0, 0, None, node, "", -1)
                broker.on(Api.FIND_COORDINATOR, sequence(lambda _, a=nobody: a, answers.coordinator(scene.one)))  # type: ignore[misc]
            await kind.call(producer)
            assert scene.count(kind.api) == (1, 0)


async def test_a_transaction_that_does_not_end_is_told_with_what_may_be_wrong(caplog: pytest.LogCaptureFixture) -> None:
    async with cluster() as scene:
        scene.clear()
        producer = scene.producer()
        scene.one.on(Api.INIT_PRODUCER_ID, told(KINDS["InitProducerId"], bad(KINDS["InitProducerId"], 51)))
        with caplog.at_level(logging.WARNING), pytest.raises(TimeoutError):
            async with asyncio.timeout(1.5):
                await producer.start()
        (line,) = [record for record in caplog.records if record.message == "waiting"]
        assert "51 CONCURRENT_TRANSACTIONS" in line.cause  # type: ignore[attr-defined]
        assert "KAFKA-19999" in line.cause  # type: ignore[attr-defined]


# -- whether the cluster has transactions of Kafka 4


@pytest.mark.parametrize("told_of", [b"\xff\xff\xff\xff\xff\x0f", b"\x05\x01", b"\x02\x7fx"])
async def test_features_that_cannot_be_read_are_asked_for_again(told_of: bytes) -> None:
    async with cluster() as scene:
        scene.clear()
        plain = answers.versions
        wrong: list[int] = []

        def versions(asked: Asked) -> Answer:
            if asked.version < 3 or wrong:
                return plain(asked)
            wrong.append(1)
            tags = b"\x01\x02" + bytes([len(told_of)]) + told_of
            return b"\x00\x00" + b"\x01" + bytes(4) + tags

        scene.one.on(Api.API_VERSIONS, versions)
        scene.two.on(Api.API_VERSIONS, versions)
        producer = scene.producer()
        await producer.start()
        assert wrong == [1]
        assert not producer._former


def unsupported(asked: Asked) -> Answer:
    return answers.versions(asked) if asked.version < 3 else b"\x00\x23" + b"\x01" + bytes(4) + b"\x00"


async def test_a_cluster_without_them_gets_the_former_protocol() -> None:
    async with cluster() as scene:
        scene.clear()
        for broker in (scene.one, scene.two):
            broker.on(Api.API_VERSIONS, unsupported)
        producer = scene.producer()
        await producer.start()
        assert producer._former


async def test_a_broker_that_names_none_yet_is_asked_again() -> None:
    """One that has just started may not know itself: a client without brokers finds its coordinator a moment later."""
    assert hardening.install()
    async with FakeBroker() as broker:
        answers.healthy([broker], {"t": 1})
        told = answers.cluster([broker], {"t": answers.topic(1)})
        broker.on(Api.METADATA, sequence(*[answers.cluster([], {})] * 3, told))
        client = AIOKafkaClient(bootstrap_servers=broker.bootstrap, request_timeout_ms=1_000)
        await client.bootstrap()
        try:
            assert client.get_random_node() is None
            tp = TopicPartition("t", 0)
            assert await asking.committed_positions(client, "g", [tp]) == {tp: None}
            assert client.get_random_node() == broker.node
        finally:
            await client.close()
