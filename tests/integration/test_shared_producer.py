"""The producer that partitions share at least once: one for all, another after a failure, stopped by the last."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError

from tests.integration.conftest import Bootstrap
from worker.broker.ports import free_port
from worker.kafka.producers import SharedProducer, _idempotent
from worker.kafka.transactions.idempotent import IdempotentProducer

pytestmark = pytest.mark.kafka


@pytest.fixture(params=[True, False], ids=["ours", "aiokafka"])
def fast(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


def shared_by(bootstrap: str, fast: bool) -> SharedProducer:
    options = {"bootstrap_servers": bootstrap, "request_timeout_ms": 15_000}
    return SharedProducer(lambda: _idempotent(options, 1_000_000, fast))


def running(producer: Any) -> bool:
    client = producer._client if isinstance(producer, IdempotentProducer) else producer.client
    return any(connection.connected() for connection in client._conns.values())


async def test_one_for_all_and_the_last_stops_it(broker: Bootstrap, fast: bool) -> None:
    shared = shared_by(broker.bootstrap, fast)
    first, second = await asyncio.gather(shared.acquire(), shared.acquire())
    assert first is second
    await shared.release(first)
    assert running(second)
    assert await shared.acquire() is second
    await shared.release(second)
    await shared.release(second)
    assert not running(second)
    third = await shared.acquire()
    assert third is not second
    await shared.release(third)


async def test_another_one_after_a_failure(broker: Bootstrap, fast: bool) -> None:
    shared = shared_by(broker.bootstrap, fast)
    failed, other = await shared.acquire(), await shared.acquire()
    shared.discard(failed)
    await shared.release(failed)
    renewed = await shared.acquire()
    assert renewed is not failed
    assert running(other)
    shared.discard(other)  # the other user meets the same failure: the renewed one stays
    await shared.release(other)
    assert not running(other)
    assert await shared.acquire() is renewed
    await shared.release(renewed)
    await shared.release(renewed)
    assert not running(renewed)


async def test_one_that_cannot_start_leaves_nothing_behind(broker: Bootstrap, fast: bool) -> None:
    shared = shared_by(f"127.0.0.1:{free_port()}", fast)
    with pytest.raises(KafkaConnectionError):
        await shared.acquire()
    shared = shared_by(broker.bootstrap, fast)
    await shared.release(await shared.acquire())
