"""A topic is unknown where brokers say so again and again; their silence, and other errors, do not mean that."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaTimeoutError, TopicAuthorizationFailedError, UnknownTopicOrPartitionError

from tests.support.fake_answers import broken, cluster, healthy, sequence
from tests.support.fake_broker import Api, FakeBroker
from worker.kafka.seams import hardening, metadata

T = "t"
TIMEOUT = 0.3  # seconds of a request


@pytest.fixture(autouse=True)
def _hardened(monkeypatch: pytest.MonkeyPatch) -> None:
    assert hardening.install()
    monkeypatch.setattr(metadata, "FORGOTTEN", 2 * TIMEOUT)


@asynccontextmanager
async def client(broker: FakeBroker) -> AsyncIterator[Any]:
    connected = AIOKafkaClient(
        bootstrap_servers=broker.bootstrap, request_timeout_ms=int(1000 * TIMEOUT), retry_backoff_ms=20
    )
    await connected.bootstrap()
    try:
        yield connected
    finally:
        await connected.close()


async def _silent(_: Any) -> Any:
    await asyncio.Event().wait()


async def test_silence_is_not_an_unknown_topic() -> None:
    async with FakeBroker() as broker:
        healthy([broker], {T: 4})
        async with client(broker) as connected:
            broker.on(Api.METADATA, _silent)
            with pytest.raises(KafkaTimeoutError, match=T):
                await connected._wait_on_metadata(T)


async def test_silence_after_an_unknown_topic_is_not_one() -> None:
    async with FakeBroker() as broker:
        healthy([broker], {T: 4})
        async with client(broker) as connected:
            broker.on(Api.METADATA, sequence(cluster([broker], {T: broken(3)}), _silent))
            with pytest.raises(KafkaTimeoutError, match=T):
                await connected._wait_on_metadata(T)


@pytest.mark.parametrize("code", [5, 7, -1, 100])
async def test_another_error_is_not_an_unknown_topic(code: int) -> None:
    async with FakeBroker() as broker:
        healthy([broker], {T: 4})
        async with client(broker) as connected:
            bad, unknown = cluster([broker], {T: broken(code)}), cluster([broker], {T: broken(3)})
            broker.on(Api.METADATA, sequence(unknown, bad))
            with pytest.raises(KafkaTimeoutError, match=T):
                await connected._wait_on_metadata(T)


async def test_a_topic_is_unknown_when_brokers_say_so_for_long() -> None:
    async with FakeBroker() as broker:
        healthy([broker], {T: 4})
        async with client(broker) as connected:
            broker.on(Api.METADATA, cluster([broker], {T: broken(3)}))
            with pytest.raises(UnknownTopicOrPartitionError, match=T):
                await connected._wait_on_metadata(T)
            assert broker.count[Api.METADATA] > 3


async def test_a_topic_that_may_not_be_seen_is_said_at_once() -> None:
    async with FakeBroker() as broker:
        healthy([broker], {T: 4})
        async with client(broker) as connected:
            broker.on(Api.METADATA, cluster([broker], {T: broken(29)}))
            with pytest.raises(TopicAuthorizationFailedError, match=T):
                await connected._wait_on_metadata(T)


async def test_a_topic_that_brokers_learn_of_is_found() -> None:
    async with FakeBroker() as broker:
        healthy([broker], {T: 4})
        async with client(broker) as connected:
            unknown = cluster([broker], {T: broken(3)})
            broker.on(Api.METADATA, sequence(unknown, unknown, broker.handler(Api.METADATA)))
            assert await connected._wait_on_metadata(T) == {0, 1, 2, 3}


async def test_aiokafka_itself_takes_silence_for_an_unknown_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where this fails, a newer aiokafka may have mended it: look whether the seam is still needed."""
    monkeypatch.setattr(AIOKafkaClient, "_wait_on_metadata", metadata._wait)
    async with FakeBroker() as broker:
        healthy([broker], {T: 4})
        async with client(broker) as connected:
            broker.on(Api.METADATA, _silent)
            with pytest.raises(UnknownTopicOrPartitionError):
                await connected._wait_on_metadata(T)
