"""What a consumer has fetched is waited for by a future, which leaves nothing behind however the wait ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.consumer.subscription_state import SubscriptionState
from aiokafka.errors import GroupAuthorizationFailedError

from tests.support.fake_answers import healthy
from tests.support.fake_broker import FakeBroker
from tests.support.fake_logs import FakeLog, serve
from tests.support.turns import no_callback_fails, turns
from worker.kafka.alarms import alarms
from worker.kafka.seams import arrivals, pinned, stop_consumer

A, B = TopicPartition("ticks", 0), TopicPartition("bars", 0)
LONG, SHORT = 60.0, 0.02
DEADLINE = 10.0


@pytest.fixture(autouse=True)
async def _no_callback_fails() -> AsyncIterator[None]:
    async with no_callback_fails():
        yield


class Scene(NamedTuple):
    """The parts of a consumer that has no subscription yet; none of them speaks to a broker."""

    consumer: Any
    fetcher: Any
    coordinator: Any
    subscriptions: SubscriptionState

    def wait(self, *others: asyncio.Future[Any], seconds: float = LONG) -> asyncio.Task[None]:
        return asyncio.create_task(arrivals.wait(self.consumer, seconds, others))

    def arrive(self) -> None:
        """As the fetcher does when an answer has brought something."""
        for waiter in self.fetcher._fetch_waiters:
            self.fetcher._notify(waiter)

    def clean(self, *others: Any) -> bool:
        """Whether a wait has left nothing behind."""
        return not self.fetcher._fetch_waiters and not any(other._callbacks for other in others)


@asynccontextmanager
async def scene() -> AsyncIterator[Scene]:
    client = AIOKafkaClient()
    subscriptions = SubscriptionState()
    fetcher, coordinator = Fetcher(client, subscriptions), GroupCoordinator(client, subscriptions)
    consumer = SimpleNamespace(_fetcher=fetcher, _coordinator=coordinator)
    try:
        async with asyncio.timeout(DEADLINE):
            yield Scene(consumer, fetcher, coordinator, subscriptions)
    finally:
        await coordinator.close()
        await fetcher.close()
        await client.close()


async def test_ends_by_an_arrival() -> None:
    async with scene() as one:
        other = asyncio.get_running_loop().create_future()
        waiting = one.wait(other)
        await turns()
        assert not waiting.done()
        assert len(one.fetcher._fetch_waiters) == len(other._callbacks) == 1
        one.arrive()
        await waiting
        assert one.clean(other)
        assert not other.done()


@pytest.mark.parametrize("end", ["result", "error", "cancelled"])
@pytest.mark.parametrize("before", [False, True])
async def test_ends_by_the_end_of_another(end: str, before: bool) -> None:
    async with scene() as one:
        others = [asyncio.get_running_loop().create_future() for _ in range(3)]
        waiting = None if before else one.wait(*others)
        await turns()
        if end == "result":
            others[1].set_result(None)
        elif end == "error":
            others[1].set_exception(OSError("of the other's own"))
        else:
            others[1].cancel()
        await (waiting or one.wait(*others))  # an other's error is not the wait's
        assert one.clean(*others)
        assert [other.done() for other in others] == [False, True, False]
        assert end != "error" or isinstance(others[1].exception(), OSError)


async def test_ends_when_two_others_end_with_an_arrival() -> None:
    async with scene() as one:
        others = [asyncio.get_running_loop().create_future() for _ in range(2)]
        waiting = one.wait(*others)
        await turns()
        one.arrive()
        for other in others:
            other.set_result(None)
        await waiting
        await turns()
        assert one.clean(*others)


async def test_ends_by_the_end_of_a_task() -> None:
    async with scene() as one:
        end = asyncio.Event()
        other = asyncio.create_task(end.wait())
        waiting = one.wait(other)
        await turns()
        assert not waiting.done()
        end.set()
        await waiting
        assert other.done()
        assert one.clean(other)


async def test_ends_by_time() -> None:
    async with scene() as one:
        loop = asyncio.get_running_loop()
        other, begun = loop.create_future(), loop.time()
        await one.wait(other, seconds=SHORT)
        assert loop.time() - begun >= 0.9 * SHORT
        assert one.clean(other)
        await one.wait(other, seconds=0.0)
        assert one.clean(other)


async def test_raises_the_error_of_the_group() -> None:
    async with scene() as one:
        other = asyncio.get_running_loop().create_future()
        waiting = one.wait(other)
        await turns()
        pushed = asyncio.create_task(_awaited(one.coordinator._push_error_to_user(GroupAuthorizationFailedError("g"))))
        with pytest.raises(GroupAuthorizationFailedError):
            await waiting
        assert one.clean(other)
        with pytest.raises(GroupAuthorizationFailedError):  # and once more, as polls do
            arrivals.nothing(one.consumer, [A])
        assert arrivals.nothing(one.consumer, [A])
        await pushed


async def _awaited(waiting: Any) -> None:
    await waiting


async def test_raises_why_the_coordination_has_ended() -> None:
    async with scene() as one:
        one.coordinator._coordination_task.cancel()
        await turns()
        failed = asyncio.get_running_loop().create_future()
        failed.set_exception(GroupAuthorizationFailedError("g"))
        before, one.coordinator._coordination_task = one.coordinator._coordination_task, failed
        with pytest.raises(GroupAuthorizationFailedError):
            arrivals.nothing(one.consumer, [A])
        one.coordinator._coordination_task = before


async def test_a_cancelled_wait_leaves_nothing_behind() -> None:
    async with scene() as one:
        other = asyncio.get_running_loop().create_future()
        given_up, kept = one.wait(other), one.wait(other)
        await turns()
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        assert len(one.fetcher._fetch_waiters) == len(other._callbacks) == 1  # of the one that still waits
        assert not other.done()
        one.arrive()
        await kept
        assert one.clean(other)


async def test_no_deadline_is_left_behind() -> None:
    async with scene() as one:
        before = len(alarms())
        waits = [one.wait(seconds=LONG) for _ in range(2)]
        await turns()
        assert len(alarms()) == before + 2
        waits[0].cancel()
        one.arrive()
        await turns()
        assert all(waiting.done() for waiting in waits)
        assert len(alarms()) == before


async def test_a_stopped_fetcher_ends_the_wait() -> None:
    async with scene() as one:
        waiting = one.wait()
        await turns()
        await one.fetcher.close()
        await waiting
        assert one.clean()


async def test_only_named_partitions_are_looked_at() -> None:
    async with scene() as one:
        assert arrivals.nothing(one.consumer, [A, B])
        one.fetcher._records[A] = object()
        assert arrivals.nothing(one.consumer, [B])
        assert arrivals.nothing(one.consumer, [])
        assert not arrivals.nothing(one.consumer, [A])
        assert not arrivals.nothing(one.consumer, iter([B, A]))


async def test_records_are_not_at_hand_during_a_rebalance() -> None:
    subscriptions = SubscriptionState()
    consumer = SimpleNamespace(_fetcher=SimpleNamespace(_subscriptions=subscriptions))
    assert not arrivals.at_hand(consumer)  # nothing is subscribed to
    subscriptions.subscribe({"ticks"})
    assert not arrivals.at_hand(consumer)
    subscriptions.assign_from_subscribed({A})
    assert arrivals.at_hand(consumer)
    subscriptions.begin_reassignment()
    assert not arrivals.at_hand(consumer)
    subscriptions.assign_from_subscribed({A})
    assert arrivals.at_hand(consumer)


async def test_records_of_a_consumer_that_has_not_started_are_not_at_hand() -> None:
    consumer = AIOKafkaConsumer()
    assert not arrivals.at_hand(consumer)
    await consumer.stop()


async def test_what_a_fetch_brings_ends_the_wait_and_is_there_to_be_taken() -> None:
    logs = {A: FakeLog(1), B: FakeLog(1)}
    async with asyncio.timeout(DEADLINE), FakeBroker() as broker:
        healthy([broker], {"ticks": 1, "bars": 1})
        serve(broker, logs)
        consumer: Any = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap, group_id=None, fetch_max_wait_ms=20)
        await consumer.start()
        try:
            consumer.assign([A, B])
            for tp in (A, B):
                consumer.seek(tp, 0)
            assert arrivals.at_hand(consumer)
            assert arrivals.nothing(consumer, [A, B])
            logs[A].append((b"k", b"v", ()))
            while arrivals.nothing(consumer, [A]):
                await arrivals.wait(consumer, LONG, ())
            assert arrivals.nothing(consumer, [B])
            assert set(await consumer.getmany(A)) == {A}
            assert arrivals.nothing(consumer, [A])
            assert not consumer._fetcher._fetch_waiters
        finally:
            await stop_consumer(consumer)


def test_another_version_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    assert arrivals.known()
    monkeypatch.setattr(pinned, "version", lambda _: "0.15.0")
    assert not arrivals.known()
