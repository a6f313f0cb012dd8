"""While a fault lasts, requests come ever more rarely; all else goes on, and a new leader is found soon."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.errors import CorruptRecordException, OffsetOutOfRangeError, TopicAuthorizationFailedError
from aiokafka.protocol import fetch

from tests.chaos.catalogue import fault
from tests.support.fake_answers import Topic, cluster, fetched, healthy, list_offsets
from tests.support.fake_broker import Api, Asked, FakeBroker, Handler, HangUp
from worker.kafka.backoff import BackOff, Rarely
from worker.kafka.seams import hardening, pacing, refreshing, stop_consumer

pytestmark = fault("F41")

T = "t"
ILL, WELL = TopicPartition(T, 0), TopicPartition(T, 1)
SECONDS = 1.2  # of each fault: at 0, 10, 30, 70, 150, 310, 630 ms and after about 1.2 s
AT_MOST = 10  # requests of a kind
FOUND = 0.6  # seconds for a new leader that the brokers know of after a tenth


@pytest.fixture(autouse=True)
def _hardened() -> None:
    assert hardening.install()


@asynccontextmanager
async def reading(broker: FakeBroker, *tps: TopicPartition) -> AsyncIterator[AIOKafkaConsumer]:
    consumer = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap, group_id=None, auto_offset_reset="none")
    await consumer.start()
    try:
        consumer.assign(list(tps))
        for tp in tps:
            consumer.seek(tp, 5)
        yield consumer
    finally:
        await stop_consumer(consumer)


async def polled(consumer: AIOKafkaConsumer, seconds: float = SECONDS) -> None:
    end = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < end:
        assert await consumer.getmany(timeout_ms=20) == {}


def _hang_up(_: Asked) -> None:
    raise HangUp


REFUSALS: dict[str, Handler] = {
    **{f"code {code}": fetched(codes={ILL: code}) for code in (3, 5, 6, 9, 56, 74, 75, 76, 78, 7, -1, 100)},
    **{f"top-level code {code}": fetched(top=code) for code in (70, 71, 56, -1)},
    "no entry": fetched(lacking=[ILL]),
    "null": lambda _: fetch.FetchResponse_v11(0, 0, 0, None),
    "nonsense": lambda _: b"\xff" * 40,
    "hangs up": _hang_up,
}


async def counted(broker: FakeBroker) -> tuple[int, int]:
    async with reading(broker, ILL) as consumer:
        before = broker.count[Api.FETCH], broker.count[Api.METADATA]
        await polled(consumer)
        return broker.count[Api.FETCH] - before[0], broker.count[Api.METADATA] - before[1]


async def test_refused_fetches_come_ever_more_rarely() -> None:
    async def one(refusal: Handler) -> tuple[int, int]:
        async with FakeBroker() as broker:
            healthy([broker], {T: 1})
            broker.on(Api.FETCH, refusal)
            return await counted(broker)

    counts = dict(zip(REFUSALS, await asyncio.gather(*map(one, REFUSALS.values())), strict=True))
    assert all(2 <= fetches <= AT_MOST and refreshes <= AT_MOST for fetches, refreshes in counts.values()), counts


async def test_a_partition_without_leader_is_asked_about_ever_more_rarely() -> None:
    async with FakeBroker() as broker:
        healthy([broker], {T: 1})
        broker.on(Api.METADATA, cluster([broker], {T: Topic({0: (5, -1)})}))
        fetches, refreshes = await counted(broker)
    assert fetches == 0
    assert 3 <= refreshes <= AT_MOST


@pytest.mark.parametrize("refusal", [fetched(codes={ILL: 6}, wait=0.02), fetched(lacking=[ILL])])
async def test_a_partition_that_is_well_goes_on(refusal: Handler) -> None:
    async with FakeBroker() as broker:
        healthy([broker], {T: 2})
        seen = {ILL: 0, WELL: 0}

        async def handler(asked: Asked) -> Any:
            request: Any = asked.read(fetch.FetchRequest_v11)
            for _, partitions in request.topics:
                for partition, *_ in partitions:
                    seen[TopicPartition(T, partition)] += 1
            await asyncio.sleep(0.01)
            answer: Any = refusal(asked)
            return await answer

        broker.on(Api.FETCH, handler)
        async with reading(broker, ILL, WELL) as consumer:
            await polled(consumer)
        assert seen[ILL] <= AT_MOST
        assert seen[WELL] > AT_MOST


@pytest.mark.parametrize("code", [6, 3, 74, 76])
async def test_a_new_leader_is_found_soon(code: int) -> None:
    async with FakeBroker(1) as old, FakeBroker(2) as new:
        healthy([old, new], {T: 1})
        async with reading(old, ILL) as consumer:
            await polled(consumer, 0.2)
            clock = asyncio.get_running_loop().time
            old.on(Api.FETCH, fetched(codes={ILL: code}))
            moved = cluster([old, new], {T: Topic({0: (0, 2)})})
            before, begun = new.count[Api.FETCH], clock()
            for broker in (old, new):
                asyncio.get_running_loop().call_later(0.1, broker.on, Api.METADATA, moved)
            while new.count[Api.FETCH] == before:
                assert clock() - begun < 5
                await consumer.getmany(timeout_ms=10)
            assert clock() - begun < FOUND


async def test_what_is_raised_is_raised() -> None:
    for code, kind in ((1, OffsetOutOfRangeError), (29, TopicAuthorizationFailedError), (2, CorruptRecordException)):
        async with FakeBroker() as broker:
            healthy([broker], {T: 1})
            broker.on(Api.FETCH, fetched(codes={ILL: code}))
            async with reading(broker, ILL) as consumer:
                with pytest.raises(kind):
                    await polled(consumer, 5)
            assert broker.count[Api.FETCH] == (pacing.DAMAGED if code == 2 else 1)


async def test_offsets_that_are_refused_are_looked_up_at_the_new_leader() -> None:
    async with FakeBroker(1) as old, FakeBroker(2) as new:
        healthy([old, new], {T: 1})
        for code in (6, 3, 5, 9, 56, 74, 75, 78, -1, 100):
            healthy([old, new], {T: 1})
            old.on(Api.LIST_OFFSETS, list_offsets(codes={ILL: code}))
            new.on(Api.LIST_OFFSETS, list_offsets(end=7))
            async with reading(old, ILL) as consumer:
                for broker in (old, new):
                    broker.on(Api.METADATA, cluster([old, new], {T: Topic({0: (0, 2)})}))
                async with asyncio.timeout(5):
                    assert await consumer.end_offsets([ILL]) == {ILL: 7}


def test_delays_double_and_differ() -> None:
    backoff = BackOff(0.01, 1.0)
    delays = [backoff.next() for _ in range(12)]
    wanted = [min(0.01 * 2**n, 1.0) for n in range(12)]
    assert all(0.8 * want <= delay <= 1.2 * want for delay, want in zip(delays, wanted, strict=True))
    assert len({round(delay / want, 6) for delay, want in zip(delays, wanted, strict=True)}) == 12
    backoff.reset()
    assert backoff.next() <= 0.012


def test_a_log_line_is_due_the_first_time_and_rarely_after() -> None:
    rarely = Rarely(1e9)
    assert [rarely.due("a"), rarely.due("a"), rarely.due("b")] == [True, False, True]
    rarely.reset()
    assert rarely.due("a")
    often = Rarely(0.0)
    assert often.due()
    assert often.due()


async def test_aiokafka_itself_spins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where this fails, a newer aiokafka may have mended it: look whether the seams are still needed."""
    monkeypatch.setattr(Fetcher, "__init__", pacing._init)
    monkeypatch.setattr(Fetcher, "_select_read_replica", pacing._replica)
    monkeypatch.setattr(Fetcher, "_get_actions_per_node", pacing._actions)
    monkeypatch.setattr(AIOKafkaClient, "_metadata_update", refreshing._original)
    async with FakeBroker() as broker:
        healthy([broker], {T: 1})
        broker.on(Api.FETCH, fetched(codes={ILL: 6}))
        async with reading(broker, ILL) as consumer:
            await polled(consumer, 0.3)
        assert broker.count[Api.FETCH] > 50
        assert broker.count[Api.METADATA] > 50
