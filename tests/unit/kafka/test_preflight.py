"""What a first connection that gets no answer means, and that clients which can't be started leave nothing open."""

from __future__ import annotations

import asyncio
import gc
import ssl
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaConnectionError

from tests.support.certificates import Authority
from tests.support.fake_broker import Api, FakeBroker
from worker.broker.ports import free_port
from worker.errors import BrokerUnavailable, ConfigError
from worker.kafka import preflight
from worker.kafka.client import client_options
from worker.kafka.preflight import reach
from worker.kafka.reader import Reader
from worker.kafka.seams import start_consumer
from worker.settings import KafkaSettings

Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]


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


@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SSL"])
async def test_one_that_only_hangs_up_may_be_dying_or_a_proxy_without_a_broker(protocol: Protocol) -> None:
    async with hanging_up(b"") as address:
        with pytest.raises(BrokerUnavailable, match=f"closes them without an answer over {protocol}") as raised:
            await reach(KafkaSettings(bootstrap_servers=address, security_protocol=protocol))
    assert raised.value.exit_code == 69


async def test_a_listener_with_tls_says_so(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Authority(tmp_path).issue("broker"))
    async with hanging_up(b"", context) as address:
        with pytest.raises(ConfigError, match="over PLAINTEXT: it speaks TLS") as raised:
            await reach(KafkaSettings(bootstrap_servers=address))
    assert raised.value.exit_code == 78


LOGIN, OTHER_LOGIN, NO_LOGIN, BUSY = (struct.pack(">iihi", 10, 0, code, 0) for code in (0, 33, 34, 7))


@pytest.mark.parametrize(
    ("answer", "protocol", "told"),
    [
        (LOGIN, "PLAINTEXT", "it speaks no TLS and wants a login by SASL"),
        (LOGIN, "SSL", "it speaks no TLS and wants a login by SASL"),
        (NO_LOGIN, "SSL", "it speaks no TLS and wants no login by SASL"),
        (OTHER_LOGIN, "PLAINTEXT", "it speaks no TLS and wants a login by SASL"),
        (BUSY, "PLAINTEXT", None),
        (NO_LOGIN, "PLAINTEXT", None),  # as it should be: the broker has closed the connection for another reason
    ],
)
async def test_a_listener_says_whether_it_wants_a_login(answer: bytes, protocol: Protocol, told: str | None) -> None:
    async with hanging_up(answer) as address:
        with pytest.raises(ConfigError if told else BrokerUnavailable, match=told) as raised:
            await reach(KafkaSettings(bootstrap_servers=address, security_protocol=protocol))
    assert raised.value.exit_code == (78 if told else 69)


@asynccontextmanager
async def hanging_up(answer: bytes, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """host:port of a listener that answers a SaslHandshake by these bytes, and closes every connection."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.read(1024)
        if asked[4:6] == struct.pack(">h", 17):
            writer.write(answer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


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
