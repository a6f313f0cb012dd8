"""What a gateway wrote is read before the answer goes, within a limit."""

from __future__ import annotations

import asyncio

import pytest

from worker.gateway.log.entry import Entry
from worker.gateway.log.logs import Logs
from worker.gateway.log.topic_log import TopicLog
from worker.gateway.writing.own import read_back
from worker.operate.acts.intent import Written
from worker.settings import Settings


@pytest.fixture
def logs() -> Logs:
    return Logs(Settings(), {})


def begun(logs: Logs, name: str, partitions: int = 2) -> TopicLog:
    log = logs.named(name)
    log.begin(7, [0] * partitions, [0] * partitions)
    return log


async def test_waits_for_each_record(logs: Logs) -> None:
    topics = Settings().topics
    limits, acts = begun(logs, topics.limits), begun(logs, topics.acts, 1)
    waiting = asyncio.create_task(read_back(logs, [Written(topics.acts, 0, 3), Written(topics.limits, 1, 0)], 30.0))
    for log, entry, ends in (
        (limits, Entry(0, 0, 0, b"A", b"1", ()), [1, 0]),  # of another partition
        (limits, Entry(1, 0, 0, b"A", b"1", ()), [1, 1]),
        (acts, Entry(0, 2, 0, b"A", b"1", ()), [3]),  # the one before
    ):
        log.took([entry], ends)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not waiting.done()
    acts.took([Entry(0, 3, 0, b"A", b"1", ())], [4])
    assert await waiting


async def test_ends_at_its_limit_and_for_topics_that_are_not_read(logs: Logs) -> None:
    topics = Settings().topics
    assert await read_back(logs, [Written(topics.acts, 0, 3)], 0.0)  # the topic is not known
    log = begun(logs, topics.acts, 1)
    assert not await read_back(logs, [Written(topics.acts, 0, 3)], 0.01)
    assert await read_back(logs, [Written(topics.acts, 1, 3)], 30.0)  # a partition that it had not
    assert await read_back(logs, [], 30.0)
    log.took([Entry(0, 0, 0, b"A", b"1", ())], [9])
    assert await read_back(logs, [Written(topics.acts, 0, 8)], 30.0)


async def test_goes_on_when_the_topic_is_gone(logs: Logs) -> None:
    topics = Settings().topics
    log = begun(logs, topics.acts, 1)
    waiting = asyncio.create_task(read_back(logs, [Written(topics.acts, 0, 3)], 30.0))
    await asyncio.sleep(0)
    log.forget()
    assert await waiting
