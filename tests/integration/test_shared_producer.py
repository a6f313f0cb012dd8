"""The producer that partitions share at least once: one for all, another after a failure, stopped by the last."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka.errors import KafkaConnectionError

from tests.integration.conftest import Bootstrap
from worker.broker.ports import free_port
from worker.kafka.producers import SharedProducer

pytestmark = pytest.mark.kafka


def running(producer: object) -> bool:
    return not producer._closed  # type: ignore[attr-defined]


async def test_one_for_all_and_the_last_stops_it(broker: Bootstrap) -> None:
    shared = SharedProducer({"bootstrap_servers": broker.bootstrap})
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


async def test_another_one_after_a_failure(broker: Bootstrap) -> None:
    shared = SharedProducer({"bootstrap_servers": broker.bootstrap})
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


async def test_one_that_cannot_start_leaves_nothing_behind(broker: Bootstrap) -> None:
    shared = SharedProducer({"bootstrap_servers": f"127.0.0.1:{free_port()}"})
    with pytest.raises(KafkaConnectionError):
        await shared.acquire()
    shared = SharedProducer({"bootstrap_servers": broker.bootstrap})
    await shared.release(await shared.acquire())
