"""What keeps a worker from starting is told in one sentence with its fix and its exit code, without a traceback."""

from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer
from pydantic import SecretStr

from tests.chaos.catalogue import fault
from tests.integration.conftest import Bootstrap
from tests.support.fleet import WorkerProcess, environment
from tests.support.kafka import create_topics
from tests.support.ticks import group_settings, make_topics
from worker.broker import Broker, Listener
from worker.broker.listeners import plain
from worker.broker.ports import free_port
from worker.errors import ConfigError, Exit
from worker.kafka.group import members
from worker.kafka.preflight import admin_client
from worker.settings import KafkaSettings, Settings

pytestmark = pytest.mark.kafka
PASSWORD, WRONG = "canary-right-password", "canary-wrong-password"


async def refusal(settings: Settings, folder: Path, **extra: str) -> tuple[int, str, str]:
    """Exit code, sentence and fix of a worker that must not start."""
    worker = WorkerProcess("refused", environment(settings, **extra), folder / "refused.log")
    try:
        code = await worker.exit_code(60)
    finally:
        worker.kill()
    assert "Traceback" not in worker.text, worker.text
    told = [line for line in worker.text.splitlines() if not line.startswith("{")]
    assert len(told) == 2, worker.text
    assert re.fullmatch(r"error: .+\.", told[0]), told[0]
    assert told[1].startswith("  fix: "), told[1]
    return code, told[0], told[1]


async def test_no_broker(topic_prefix: str, tmp_path: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    code, sentence, fix = await refusal(group_settings(address, topic_prefix), tmp_path)
    assert code == Exit.UNAVAILABLE
    assert f"no Kafka broker answers at {address}" in sentence
    assert "alphapulse broker start" in fix


async def test_a_broker_that_takes_connections_and_is_silent(topic_prefix: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:  # nobody accepts; the system completes connections
        address = f"127.0.0.1:{listening.getsockname()[1]}"
        code, sentence, fix = await refusal(group_settings(address, topic_prefix), tmp_path)
    assert code == Exit.UNAVAILABLE
    assert f"{address} does not answer within" in sentence
    assert "TLS or SASL" in fix


@pytest.fixture(scope="module")
def guarded() -> Iterator[Broker]:
    """A broker with a door that asks for a password."""
    with Broker(listeners=[Listener("DOOR", "SASL_PLAINTEXT", properties=plain({"worker": PASSWORD}))]) as broker:
        yield broker


def at_the_door(broker: Broker, prefix: str, password: str) -> tuple[Settings, dict[str, str]]:
    """Settings and the secret, which no dump of the settings shows."""
    kafka = KafkaSettings(
        bootstrap_servers=broker.bootstrap_of("DOOR"),
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="PLAIN",
        sasl_plain_username="worker",
        sasl_plain_password=SecretStr(password),
    )
    settings = group_settings(broker.bootstrap, prefix).model_copy(update={"kafka": kafka})
    return settings, {"ALPHAPULSE_KAFKA__SASL_PLAIN_PASSWORD": password}


async def test_a_wrong_password(guarded: Broker, topic_prefix: str, tmp_path: Path) -> None:
    settings, secret = at_the_door(guarded, topic_prefix, WRONG)
    code, sentence, fix = await refusal(settings, tmp_path, **secret)
    assert code == Exit.NO_PERMISSION
    assert "refused the login of worker by PLAIN" in sentence
    assert "sasl_plain_password" in fix
    assert WRONG not in sentence + fix


async def test_the_right_password_works(guarded: Broker, topic_prefix: str, tmp_path: Path) -> None:
    settings, secret = at_the_door(guarded, topic_prefix, PASSWORD)
    await make_topics(settings.model_copy(update={"kafka": KafkaSettings(bootstrap_servers=guarded.bootstrap)}))
    worker = WorkerProcess("welcome", environment(settings, **secret), tmp_path / "welcome.log")
    try:
        await worker.ready(partitions=4)
        assert PASSWORD not in worker.text
    finally:
        worker.kill()


async def test_a_door_that_wants_a_login(guarded: Broker, topic_prefix: str, tmp_path: Path) -> None:
    code, sentence, fix = await refusal(group_settings(guarded.bootstrap_of("DOOR"), topic_prefix), tmp_path)
    assert code == Exit.CONFIG
    assert "does not answer as Kafka over PLAINTEXT: it speaks no TLS and wants a login by SASL" in sentence
    assert "kafka.security_protocol" in fix


async def test_missing_topics(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix)
    await create_topics(broker.bootstrap, {settings.topics.input: 4})
    code, sentence, fix = await refusal(settings, tmp_path)
    assert code == Exit.CONFIG
    assert settings.topics.output in sentence
    assert settings.topics.rejections in sentence
    assert settings.topics.input not in sentence
    assert "alphapulse topics create" in fix


@fault("F50")
async def test_a_group_that_a_consumer_of_the_new_protocol_has_joined(
    broker: Bootstrap, topic_prefix: str, tmp_path: Path
) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix)
    await make_topics(settings)
    group = settings.processing.group
    other = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": group, "group.protocol": "consumer"})
    try:
        other.subscribe([settings.topics.input])
        await asyncio.to_thread(until_assigned, other)
        code, sentence, fix = await refusal(settings, tmp_path)
        assert code == Exit.CONFIG
        assert f"the group {group} has been converted to the new protocol" in sentence
        assert "group.consumer.migration.policy" in fix
        async with admin_client(settings.kafka) as admin:
            with pytest.raises(ConfigError, match="KIP-848"):  # "no members" would let `state reset` go ahead
                await members(admin, group)
    finally:
        await asyncio.to_thread(other.close)
    async with admin_client(settings.kafka) as admin:
        assert await members(admin, group) == 0  # it has left: nobody is in the way


def until_assigned(consumer: Consumer) -> None:
    deadline = time.monotonic() + 30
    while not consumer.assignment():
        assert time.monotonic() < deadline
        consumer.poll(0.1)


async def test_partition_counts_that_differ(broker: Bootstrap, topic_prefix: str, tmp_path: Path) -> None:
    settings = group_settings(broker.bootstrap, topic_prefix)
    topics = settings.topics
    await make_topics(settings.model_copy(update={"topics": topics.model_copy(update={"partitions": 3})}))
    other = group_settings(broker.bootstrap, topic_prefix).topics.model_copy(update={"decisions": "decisions-four"})
    await create_topics(broker.bootstrap, {other.output: 4})
    code, sentence, fix = await refusal(settings.model_copy(update={"topics": other}), tmp_path)
    assert code == Exit.CONFIG
    assert f"{topics.input} has 3" in sentence
    assert f"{other.output} has 4" in sentence
    assert "recreate the outputs with 3 partitions" in fix
