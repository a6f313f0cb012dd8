"""A deleted or recreated topic ends the worker; brokers that fail, or do not know it for a while, do not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError

from worker.errors import ConfigError
from worker.kafka.protocol.metadata import Topic
from worker.settings import Settings
from worker.stream.watch import topics
from worker.stream.watch.topics import MISSING, TopicWatch

NAME = "ticks.raw"
THERE, OTHER, UNKNOWN, REFUSED = Topic(0, 7, {}), Topic(0, 8, {}), Topic(3, 0, {}), Topic(29, 0, {})
SILENCE = KafkaConnectionError("no broker answers")
STEP = MISSING / 2  # seconds between two looks


class Scripted:
    """What brokers say of the topic, look after look; the watch ends with the script."""

    def __init__(self, *script: Topic | Exception) -> None:
        self._script: Iterator[Topic | Exception] = iter(script)
        self.now = 0.0

    async def topics(self, names: Any) -> dict[str, Topic]:
        self.now += STEP
        told = next(self._script, None)
        if told is None:
            raise asyncio.CancelledError
        if isinstance(told, Exception):
            raise told
        return {NAME: told}

    def monotonic(self) -> float:
        return self.now


async def watched(monkeypatch: pytest.MonkeyPatch, *script: Topic | Exception) -> None:
    leaders: Any = Scripted(*script)
    monkeypatch.setattr(topics, "time", leaders)
    await TopicWatch(leaders, [NAME], Settings()).run(0.0)


@pytest.mark.parametrize(
    "script",
    [
        (THERE, THERE, THERE),
        (THERE, UNKNOWN, UNKNOWN, THERE, UNKNOWN, UNKNOWN),
        (THERE, UNKNOWN, SILENCE, UNKNOWN, SILENCE, UNKNOWN, THERE),
        (THERE, UNKNOWN, TimeoutError(), UNKNOWN, UNKNOWN),
        (THERE, REFUSED, REFUSED, REFUSED, REFUSED, THERE),
        (UNKNOWN, UNKNOWN, THERE),
    ],
)
async def test_the_worker_goes_on(monkeypatch: pytest.MonkeyPatch, script: tuple[Topic | Exception, ...]) -> None:
    with pytest.raises(asyncio.CancelledError):
        await watched(monkeypatch, *script)


async def test_a_topic_that_stays_unknown_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=rf"{NAME} no longer exists"):
        await watched(monkeypatch, THERE, UNKNOWN, UNKNOWN, UNKNOWN)


async def test_a_recreated_topic_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=rf"{NAME} was deleted and recreated"):
        await watched(monkeypatch, THERE, SILENCE, UNKNOWN, OTHER)
