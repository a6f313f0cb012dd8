"""Passwords and certificates at the door of a real broker: the right ones get in, the wrong ones don't."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.conn import create_conn
from aiokafka.errors import SaslAuthenticationFailed

from tests.support.certificates import Authority
from tests.support.kafka import create_topics, read_partition
from worker.broker import Broker, Listener
from worker.broker.listeners import plain, scram, tls

pytestmark = pytest.mark.kafka

PASSWORD = 'canary "quoted" pass\\word é'
SCRAM_PASSWORD = "canary-scram-password"
LOGINS = {
    "PLAIN_DOOR": {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "PLAIN"},
    "SCRAM_DOOR": {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "SCRAM-SHA-512"},
    "SECURE_DOOR": {"security_protocol": "SASL_SSL", "sasl_mechanism": "SCRAM-SHA-512"},
}
RIGHT = {"PLAIN_DOOR": PASSWORD, "SCRAM_DOOR": SCRAM_PASSWORD, "SECURE_DOOR": SCRAM_PASSWORD}


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def secured(authority: Authority) -> Iterator[Broker]:
    """One broker with a door for each way of proving who you are."""
    server = authority.issue("broker")
    doors = [
        Listener("PLAIN_DOOR", "SASL_PLAINTEXT", properties=plain({"worker": PASSWORD})),
        Listener("SCRAM_DOOR", "SASL_PLAINTEXT", properties=scram()),
        Listener("SECURE_DOOR", "SASL_SSL", properties=scram() | tls(server)),
        Listener("TLS_DOOR", "SSL", properties=tls(server)),
        Listener("MUTUAL_DOOR", "SSL", properties=tls(server, authority.certificate)),
    ]
    with Broker(listeners=doors, scram_users={"worker": SCRAM_PASSWORD}) as broker:
        yield broker


def trusting(authority: Authority, client: Path | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=authority.certificate)
    if client is not None:
        context.load_cert_chain(client)
    return context


async def write_through(bootstrap: str, topic: str, value: bytes, login: dict[str, Any]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, **login)
    await producer.start()
    try:
        await producer.send_and_wait(topic, value)
    finally:
        await producer.stop()


async def connect(bootstrap: str, login: dict[str, Any]) -> None:
    """One connection with TLS and SASL done; a whole client would hide why it was refused."""
    host, _, port = bootstrap.rpartition(":")
    connection = await create_conn(host, int(port), request_timeout_ms=5_000, **login)
    closed = connection.close()
    assert closed is not None
    await asyncio.wait([closed])


def login_for(door: str, password: str, authority: Authority) -> dict[str, Any]:
    secure = {"ssl_context": trusting(authority)} if door == "SECURE_DOOR" else {}
    return LOGINS[door] | {"sasl_plain_username": "worker", "sasl_plain_password": password} | secure


@pytest.mark.parametrize("door", LOGINS)
async def test_the_right_password_gets_in(secured: Broker, authority: Authority, door: str, topic_prefix: str) -> None:
    await create_topics(secured.bootstrap, {topic_prefix: 1})
    login = login_for(door, RIGHT[door], authority)
    await write_through(secured.bootstrap_of(door), topic_prefix, door.encode(), login)
    assert [r.value for r in await read_partition(secured.bootstrap, topic_prefix, 0)] == [door.encode()]


@pytest.mark.parametrize("door", LOGINS)
async def test_a_wrong_password_is_refused(secured: Broker, authority: Authority, door: str) -> None:
    with pytest.raises(SaslAuthenticationFailed):
        await connect(secured.bootstrap_of(door), login_for(door, "wrong", authority))
    await connect(secured.bootstrap_of(door), login_for(door, RIGHT[door], authority))


async def test_tls_carries_records(secured: Broker, authority: Authority, topic_prefix: str) -> None:
    await create_topics(secured.bootstrap, {topic_prefix: 1})
    login = {"security_protocol": "SSL", "ssl_context": trusting(authority)}
    await write_through(secured.bootstrap_of("TLS_DOOR"), topic_prefix, b"private", login)
    assert [r.value for r in await read_partition(secured.bootstrap, topic_prefix, 0)] == [b"private"]


async def test_a_broker_of_another_authority_is_not_trusted(secured: Broker, tmp_path: Path) -> None:
    login = {"security_protocol": "SSL", "ssl_context": trusting(Authority(tmp_path, "stranger"))}
    with pytest.raises(ssl.SSLCertVerificationError):
        await connect(secured.bootstrap_of("TLS_DOOR"), login)


async def test_mutual_tls_lets_in_only_who_shows_a_certificate(
    secured: Broker, authority: Authority, topic_prefix: str
) -> None:
    await create_topics(secured.bootstrap, {topic_prefix: 1})
    door = secured.bootstrap_of("MUTUAL_DOOR")
    known = {"security_protocol": "SSL", "ssl_context": trusting(authority, authority.issue("worker"))}
    await write_through(door, topic_prefix, b"known", known)
    host, _, port = door.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port), ssl=trusting(authority))
    # TLS 1.3: the client's handshake is over before the server has looked for its certificate.
    with pytest.raises(ssl.SSLError, match=r"(?i)certificate.required"):
        await asyncio.wait_for(reader.read(1), 10)
    writer.close()


def test_no_password_is_in_reach_of_others(secured: Broker) -> None:
    arguments = Path(f"/proc/{secured.pid}/cmdline").read_bytes()
    logs = secured.log_path.read_text() + (secured.home / "server.out").read_text()
    assert b"canary" not in arguments
    assert "canary" not in logs
