"""A topic that brokers do not know for a moment is not missing; one that they never know is, after a bounded time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaConnectionError

from tests.support import fake_answers as answers
from tests.support.fake_answers import broken, cluster, healthy, sequence, topic
from tests.support.fake_broker import Api, FakeBroker, Handler
from tests.support.kafka import create_topics
from worker.alerts.configuration.plan import Plan
from worker.alerts.restoring import Restoring as RestoringAlerts
from worker.errors import ConfigError
from worker.gateway.log import logs as logs_module
from worker.gateway.log.logs import Logs
from worker.kafka.asking import creation
from worker.kafka.asking import topics as topics_module
from worker.kafka.errors import OutcomeUnknown, meaning
from worker.kafka.leaders import Leaders
from worker.monitoring.restoring import Restoring as RestoringPortfolio
from worker.settings import Settings
from worker.sources.delivery import Delivery
from worker.sources.limits import topic_limits

T, SURE = "t", 0.3
UNKNOWN = 3


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics_module, "ALONE", SURE)
    monkeypatch.setattr(logs_module, "SURE", SURE)
    monkeypatch.setattr(logs_module, "AGAIN", 0.02)


def knows_after(brokers: Sequence[FakeBroker], number: int, **topics: int) -> Handler:
    """Metadata whose first answers know no topic."""
    none = cluster(brokers, {name: broken(UNKNOWN) for name in topics})
    return sequence(*number * [none], cluster(brokers, {name: topic(count) for name, count in topics.items()}))


@asynccontextmanager
async def admin_of(broker: FakeBroker) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap, request_timeout_ms=1000)
    await client.start()
    try:
        yield client
    finally:
        await client.close()


async def partitions_to_publish_to(broker: FakeBroker) -> int:
    delivery = Delivery({"bootstrap_servers": broker.bootstrap, "enable_idempotence": True}, T)
    try:
        await delivery.open()
        return delivery.partitions
    finally:
        await delivery.close()


async def largest_record(broker: FakeBroker) -> int:
    async with admin_of(broker) as admin:
        return (await topic_limits(admin, T)).max_message_bytes


ASKING: dict[str, tuple[Callable[[FakeBroker], Awaitable[int]], int]] = {
    "delivery": (partitions_to_publish_to, 2),
    "limits": (largest_record, 7_000),
}


@pytest.mark.parametrize("who", ASKING)
async def test_a_publisher_finds_a_topic_that_brokers_know_a_moment_later(who: str) -> None:
    ask, found = ASKING[who]
    async with FakeBroker() as broker:
        healthy([broker], {T: 2})
        broker.on(Api.DESCRIBE_CONFIGS, answers.described_configs({T: {"max.message.bytes": "7000"}}))
        broker.on(Api.METADATA, knows_after([broker], 3, **{T: 2}))
        assert await ask(broker) == found


@pytest.mark.parametrize("who", ASKING)
async def test_a_publisher_is_told_that_there_is_no_topic_after_a_bounded_time(who: str) -> None:
    ask, _ = ASKING[who]
    async with FakeBroker() as broker:
        healthy([broker], {})
        begun = time.monotonic()
        with pytest.raises(ConfigError, match="the topic t does not exist"):
            await ask(broker)
        assert SURE <= time.monotonic() - begun < 10 * SURE
        assert broker.count[Api.METADATA] > 3


async def test_a_publisher_asks_a_second_broker() -> None:
    """One that has just started may know neither the topic nor, for a moment, the other broker."""
    async with FakeBroker(1) as one, FakeBroker(2) as two:
        healthy([one, two], {T: 2})
        one.on(Api.METADATA, sequence(*3 * [cluster([one], {})], cluster([one, two], {})))
        for ask, found in ASKING.values():
            two.on(Api.DESCRIBE_CONFIGS, answers.described_configs({T: {"max.message.bytes": "7000"}}))
            one.on(Api.DESCRIBE_CONFIGS, two.handler(Api.DESCRIBE_CONFIGS))
            assert await ask(one) == found


@pytest.mark.parametrize("what", ["portfolio", "alerts"])
async def test_a_leader_that_restores_asks_again(what: str) -> None:
    """An answer of a broker that has just started must not end the process as if the topic were gone."""
    settings = Settings()
    names = [settings.topics.output, settings.topics.rejections, settings.topics.limits, settings.topics.acts]
    async with FakeBroker() as broker:
        healthy([broker], {})
        client = AIOKafkaClient(bootstrap_servers=broker.bootstrap)
        await client.bootstrap()
        try:
            reader: Any = SimpleNamespace(leaders=Leaders(client))
            sources: Any = SimpleNamespace(topics=dict(zip(names, names, strict=True)), decisions=1, control=1)
            engine: Any = None
            restoring: Any = (
                RestoringPortfolio(settings, engine, {}, sources)
                if what == "portfolio"
                else RestoringAlerts(settings, Plan({}, engine), sources)
            )
            with pytest.raises(KafkaConnectionError, match="UNKNOWN_TOPIC_OR_PARTITION") as failed:
                await restoring.restore(reader, {})
            assert isinstance(meaning(failed.value, names[0]), OutcomeUnknown)  # its owner opens again
        finally:
            await client.close()


@asynccontextmanager
async def logs_of(broker: FakeBroker, settings: Settings) -> AsyncIterator[Logs]:
    logs = Logs(settings, {"bootstrap_servers": broker.bootstrap, "request_timeout_ms": 1000})
    await logs.start()
    try:
        yield logs
    finally:
        await logs.stop()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_gateway_has_not_read_topics_that_brokers_know_a_moment_later() -> None:
    settings = Settings()
    async with FakeBroker() as broker:
        healthy([broker], {})
        limits = settings.topics.limits
        broker.on(Api.METADATA, knows_after([broker], 6, **{limits: 1}))
        async with logs_of(broker, settings) as logs:
            await until(lambda: logs.filled)
            assert logs.limits is not None
            assert logs.audit is None


async def test_a_gateway_whose_topics_are_missing_is_ready_after_a_bounded_time() -> None:
    async with FakeBroker() as broker:
        healthy([broker], {})
        async with logs_of(broker, Settings()) as logs:
            begun = time.monotonic()
            await until(lambda: logs.filled)
            assert SURE <= time.monotonic() - begun < 10 * SURE
            assert logs.limits is None
            assert broker.count[Api.METADATA] > 3


async def test_tests_create_topics_that_all_brokers_know(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(creation, "LEAST", 0.005)
    async with FakeBroker(1) as one, FakeBroker(2) as two:
        healthy([one, two], {T: 2})
        one.on(Api.CREATE_TOPICS, answers.created())
        two.on(Api.CREATE_TOPICS, answers.created())
        late = knows_after([one, two], 4, **{T: 2})
        two.on(Api.METADATA, late)
        await create_topics(one.bootstrap, {T: 2})
        client = AIOKafkaClient(bootstrap_servers=two.bootstrap)
        await client.bootstrap()
        try:
            assert (await Leaders(client).topics((T,)))[T].error_code == 0
        finally:
            await client.close()
