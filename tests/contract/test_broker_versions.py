"""Brokers that are too old are refused by name; one that says nothing is not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.protocol import admin

from tests.support import fake_answers as answers
from tests.support.fake_answers import healthy, sequence
from tests.support.fake_broker import Answer, Api, Asked, FakeBroker, Handler, HangUp
from worker.errors import BrokerUnavailable, ConfigError, Exit
from worker.kafka import asking
from worker.kafka.asking import versions


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "SECONDS", 0.3)


@asynccontextmanager
async def client_of(*brokers: FakeBroker) -> AsyncIterator[AIOKafkaClient]:
    healthy(brokers, {})
    client = AIOKafkaClient(bootstrap_servers=brokers[0].bootstrap, request_timeout_ms=1000)
    await client.bootstrap()
    try:
        yield client
    finally:
        await client.close()


async def test_the_versions_of_kafka_4_and_of_3_3_are_new_enough() -> None:
    oldest = {Api.METADATA: (0, 12), Api.LIST_OFFSETS: (0, 7), Api.OFFSET_FETCH: (0, 8), Api.TXN_OFFSET_COMMIT: (0, 3)}
    async with FakeBroker(1) as new, FakeBroker(2, oldest) as old, client_of(new, old) as client:
        await asking.refuse_old_brokers(client)


@pytest.mark.parametrize(
    ("api", "known", "said"),
    [
        (Api.METADATA, (0, 11), "it supports Metadata only up to version 11, but version 12 is required"),
        (Api.LIST_OFFSETS, (0, 6), "ListOffsets only up to version 6"),
        (Api.OFFSET_FETCH, (0, 6), "OffsetFetch only up to version 6"),
        (Api.TXN_OFFSET_COMMIT, (0, 2), "TxnOffsetCommit only up to version 2"),
        (Api.TXN_OFFSET_COMMIT, (0, -1), "TxnOffsetCommit in no version"),
    ],
)
async def test_one_old_broker_among_new_ones_is_named(api: Api, known: tuple[int, int], said: str) -> None:
    async with FakeBroker(1) as new, FakeBroker(2, {api: known}) as old, client_of(new, old) as client:
        with pytest.raises(ConfigError, match=f"the broker 2 is older than Kafka 3.3: .*{said}") as refused:
            await asking.refuse_old_brokers(client)
        assert refused.value.exit_code == Exit.CONFIG


def said(code: int) -> Handler:
    """ApiVersions without any version."""
    return lambda asked: (admin.ApiVersionResponse_v1 if asked.version else admin.ApiVersionResponse_v0)(
        code, [], *([0] if asked.version else [])
    )


def hang_up(asked: Asked) -> Answer:
    raise HangUp


@pytest.mark.parametrize("unclear", [said(35), said(0), hang_up], ids=["error", "empty", "no answer"])
async def test_an_error_is_no_old_broker(unclear: Handler) -> None:
    async with FakeBroker(1) as broker, client_of(broker) as client:
        await client.ready(1)
        broker.on(Api.API_VERSIONS, sequence(unclear, answers.versions))
        await asking.refuse_old_brokers(client)
        broker.on(Api.API_VERSIONS, unclear)
        with pytest.raises(BrokerUnavailable, match="no broker reports"):
            await asking.refuse_old_brokers(client)


async def test_a_broker_that_is_down_is_not_waited_for() -> None:
    async with FakeBroker(1) as new, FakeBroker(2) as down, client_of(new, down) as client:
        down.on(Api.API_VERSIONS, lambda _: None)
        await asking.refuse_old_brokers(client)
