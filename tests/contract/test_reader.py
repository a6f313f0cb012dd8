"""A reader at a log that is shorter than it should be, or that changes under it, goes on or ends in time."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError, TopicAuthorizationFailedError
from aiokafka.protocol import fetch

from tests.chaos.catalogue import fault
from tests.contract.coordinated import TP
from tests.contract.test_leaders import log_of
from tests.support.fake_answers import Topic, cluster, fetched, healthy
from tests.support.fake_broker import Api, Asked, FakeBroker, Handler
from tests.support.record_sets import batch, random_records
from worker.kafka.reader import Reader, Truncated
from worker.kafka.seams import hardening

pytestmark = fault("F49")

OUT_OF_RANGE = 1
PATIENCE = 0.6  # seconds
LATE = PATIENCE + 3.0


class Log:
    """A partition as one broker has it."""

    def __init__(self, end: int, start: int = 0) -> None:
        self.start, self.end, self.stable = start, end, end
        self.asked_at: list[int] = []

    async def __call__(self, asked: Asked) -> Any:
        request: Any = asked.read(fetch.FetchRequest_v11)
        ((topic, ((partition, _, at, *_),)),) = request.topics
        self.asked_at.append(at)
        code = 0 if self.start <= at <= self.end else OUT_OF_RANGE
        data = b""
        if not code and at < self.stable:
            data = batch(random_records(random.Random(1), self.stable - at), at)
        else:
            await asyncio.sleep(0.01)
        return fetch.FetchResponse_v11(
            0, 0, 0, [(topic, [(partition, code, self.end, self.stable, self.start, None, -1, data)])]
        )

    def ends(self, epoch: int = 0) -> Handler:
        """ListOffsets of its leader."""
        return lambda asked: log_of(epoch, self.end, self.start)(asked)


@asynccontextmanager
async def reading(*brokers: FakeBroker) -> AsyncIterator[Reader]:
    assert hardening.install()
    servers = ",".join(broker.bootstrap for broker in brokers)
    async with Reader({"bootstrap_servers": servers, "request_timeout_ms": 2_000}, patience_s=PATIENCE) as reader:
        yield reader


def lies_in(broker: FakeBroker, log: Log, epoch: int = 0) -> None:
    broker.on(Api.FETCH, log)
    broker.on(Api.LIST_OFFSETS, log.ends(epoch))


async def read(reader: Reader, start: int | None = None, stop: int | None = None) -> list[int]:
    return [record.offset async for records in reader.batches(TP, start, stop) for record in records]


async def test_all_is_read_up_to_the_end_of_the_call() -> None:
    async with FakeBroker() as broker, reading_of(broker, Log(30, start=10)) as (reader, log):
        assert await read(reader) == list(range(10, 30))
        assert await read(reader, 12, 15) == [12, 13, 14]
        log.end = log.stable = 33
        assert await read(reader, 30) == [30, 31, 32]
        assert await read(reader, 33) == []


@asynccontextmanager
async def reading_of(broker: FakeBroker, log: Log) -> AsyncIterator[tuple[Reader, Log]]:
    healthy([broker], {TP.topic: 1})
    lies_in(broker, log)
    async with reading(broker) as reader:
        yield reader, log


@pytest.mark.parametrize("start", [90, 100, 150])
async def test_a_log_that_ends_before_what_is_needed_is_told(start: int) -> None:
    async with FakeBroker() as broker, reading_of(broker, Log(100)) as (reader, log):
        since = time.monotonic()
        with pytest.raises(Truncated) as truncated:
            await read(reader, start, 200)
        assert PATIENCE <= time.monotonic() - since < LATE
        assert (truncated.value.tp, truncated.value.needed, truncated.value.end) == (TP, 200, 100)
        assert len(log.asked_at) < PATIENCE / 0.01 + 20


async def test_a_transaction_that_stays_open_is_no_truncation(caplog: pytest.LogCaptureFixture) -> None:
    async with FakeBroker() as broker, reading_of(broker, Log(100)) as (reader, log):
        log.stable = 40
        with pytest.raises(KafkaTimeoutError, match="nothing came after offset 40"):
            await read(reader, 0, 100)
        log.stable = 100
        assert await read(reader, 40, 100) == list(range(40, 100))


async def test_records_that_come_late_are_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    async with FakeBroker() as broker, reading_of(broker, Log(100)) as (reader, log):
        reading = asyncio.ensure_future(read(reader, 0, 200))
        for end in (120, 160, 200):  # each time within the patience, all together beyond it
            await asyncio.sleep(PATIENCE * 0.6)
            log.end = log.stable = end
        assert await reading == list(range(200))


async def test_a_leader_of_former_times_is_left_for_the_true_one() -> None:
    """It has fewer records, and says that what comes next is out of range."""
    async with FakeBroker(1) as stale, FakeBroker(2) as true:
        brokers = [stale, true]
        healthy(brokers, {TP.topic: 1})
        lies_in(stale, Log(50), epoch=4)
        lies_in(true, Log(100), epoch=5)
        former, present = (
            cluster(brokers, {TP.topic: Topic({0: (0, node)}, leader_epoch=epoch)}) for node, epoch in ((1, 4), (2, 5))
        )
        stale.on(Api.METADATA, former)
        true.on(Api.METADATA, former)
        async with reading(stale, true) as reader:
            reader.leaders._known.clear()
            true.on(Api.METADATA, present)
            task = asyncio.ensure_future(read(reader, 60, 100))
            while not stale.count[Api.FETCH] + true.count[Api.FETCH]:
                await asyncio.sleep(0.001)
            stale.on(Api.METADATA, present)
            assert await task == list(range(60, 100))
            assert await reader.leaders.end(TP) == 100


async def test_retention_that_passes_the_reader_is_gone_on_behind() -> None:
    async with FakeBroker() as broker, reading_of(broker, Log(100)) as (reader, log):
        found: list[int] = []
        log.stable = 20
        reading = asyncio.ensure_future(collected(reader, found))
        while len(found) < 20:
            await asyncio.sleep(0.001)
        log.start, log.stable = 70, 100
        await reading
        assert found == [*range(20), *range(70, 100)]
        assert await reader.leaders.first(TP) == 70  # by which the caller sees the gap


async def collected(reader: Reader, found: list[int]) -> None:
    async for records in reader.batches(TP, 0, 100):
        found += [record.offset for record in records]


async def test_retention_that_has_passed_all_that_is_wanted_ends_the_reading() -> None:
    async with FakeBroker() as broker, reading_of(broker, Log(100)) as (reader, log):
        log.stable = 0
        reading = asyncio.ensure_future(read(reader, 0, 50))
        while not log.asked_at:
            await asyncio.sleep(0.001)
        log.start, log.stable = 80, 100
        assert await reading == []
        assert await read(reader, 0, 50) == []


async def test_the_right_to_read_shows_where_nothing_lies() -> None:
    async with FakeBroker() as broker, reading_of(broker, Log(0)) as (reader, _):
        async with asyncio.timeout(LATE):
            await reader.may_read(TP)


@pytest.mark.parametrize(("code", "wanted"), [(6, KafkaTimeoutError), (29, TopicAuthorizationFailedError)])
async def test_a_fetch_that_never_succeeds_shows_no_right(code: int, wanted: type[Exception]) -> None:
    async with FakeBroker() as broker, reading_of(broker, Log(0)) as (reader, _):
        broker.on(Api.FETCH, fetched(codes={TP: code}))
        async with asyncio.timeout(LATE):
            with pytest.raises(wanted):
                await reader.may_read(TP)
