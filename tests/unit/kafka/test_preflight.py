"""What a first connection that gets no answer means, and that clients which can't be started leave nothing open."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaConnectionError

from tests.support.fake_broker import Api, FakeBroker
from worker.broker.ports import free_port
from worker.errors import BrokerUnavailable, ConfigError
from worker.kafka import preflight
from worker.kafka.client import client_options
from worker.kafka.preflight import reach
from worker.kafka.reader import Reader
from worker.kafka.seams import start_consumer
from worker.settings import KafkaSettings


@asynccontextmanager
async def silent() -> AsyncIterator[str]:
    """host:port of a broker that takes requests and answers none."""
    async with FakeBroker() as broker:
        broker.on(Api.API_VERSIONS, lambda asked: None)
        yield broker.bootstrap


async def test_a_broker_that_is_silent_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "TIMEOUT", 0.3)
    async with silent() as address:
        with pytest.raises(BrokerUnavailable, match=f"{address} does not answer within") as raised:
            await reach(KafkaSettings(bootstrap_servers=address))
    assert raised.value.exit_code == 69
    assert "TLS or SASL" in raised.value.fix


async def test_one_that_hangs_up_speaks_something_else() -> None:
    async with FakeBroker() as broker:  # it has an answer to nothing, as a listener with TLS to other bytes
        with pytest.raises(ConfigError, match="does not answer as Kafka over PLAINTEXT") as raised:
            await reach(KafkaSettings(bootstrap_servers=broker.bootstrap))
    assert raised.value.exit_code == 78


@pytest.fixture
async def left_open() -> AsyncIterator[list[str]]:
    """What the client library says of consumers that nobody has closed."""
    told: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: told.append(context["message"]))
    yield told
    loop.set_exception_handler(None)


def options(address: str) -> dict[str, Any]:
    return client_options(KafkaSettings(bootstrap_servers=address, request_timeout_ms=2_000))


async def test_a_reader_that_can_not_be_started_is_closed(left_open: list[str]) -> None:
    with pytest.raises(KafkaConnectionError):
        async with Reader(options(f"127.0.0.1:{free_port()}")):
            raise AssertionError("there is nobody")
    gc.collect()
    assert left_open == []


async def test_a_consumer_that_is_cancelled_while_it_starts_is_closed(left_open: list[str]) -> None:
    async with silent() as address:
        starting = asyncio.ensure_future(start_consumer(AIOKafkaConsumer(**options(address), group_id=None)))
        await asyncio.sleep(0.05)
        starting.cancel()
        await asyncio.wait({starting})
        assert starting.cancelled()
    del starting
    gc.collect()
    assert left_open == []
