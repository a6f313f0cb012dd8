"""A rule over history: what it would have found, without writing anything."""

from __future__ import annotations

import heapq
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing
from typing import Any

from aiokafka import TopicPartition

from schemas.alert import Alert
from worker.alerts.configuration.plan import Plan
from worker.alerts.evaluation.evaluation import Evaluation
from worker.alerts.evaluation.records import Record
from worker.alerts.inputs import Sources
from worker.alerts.preflight import names
from worker.errors import AlphapulseError, BrokerUnavailable, ConfigError
from worker.kafka.client import client_options
from worker.kafka.errors import FAILURES, meaning
from worker.kafka.preflight import admin_client
from worker.kafka.reader import Reader, Truncated
from worker.kafka.topics import describe
from worker.settings import Settings

STEP_MS = 1_000  # of event time: the wall clock of a trial is that of the records
READS = {
    "decisions": ("decisions",),
    "rejections": ("rejections",),
    "portfolio": ("portfolio",),
    "sequences": ("decisions", "rejections"),
}


async def trial(
    settings: Settings, plan: Plan, name: str, since: int, until: int | None = None
) -> AsyncIterator[tuple[int, Alert]]:
    """Yield the alerts of one rule over the records from `since` to `until`, epoch ms, with their times.

    Raises:
        ConfigError: there is no such rule, it looks at the fleet, or a topic is missing.
        AlphapulseError: a topic can't be read.
    """
    limited = plan.rules[name]
    if limited.rule.source == "fleet":
        raise ConfigError(
            f"the rule {name} looks at the fleet, of which no topic keeps a history", "Test rules of other sources"
        )
    sources = await _sources(settings, [*READS[limited.rule.source], *getattr(limited.rule, "of", ())])
    evaluation = Evaluation({name: limited}, settings.alerts.max_series)
    try:
        number = 0
        async for now, records in _steps(settings, sources, since, until):
            number += 1
            for alert in evaluation.step(number, now, records):
                yield now, alert
            for _ in evaluation.changes():
                pass
        end = until if until is not None else int(time.time() * 1000)
        for alert in evaluation.step(number + 1, end, ()):
            yield end, alert
    except (Truncated, *FAILURES) as error:
        failure = meaning(error, ", ".join(sources.topics.values()))
        if isinstance(failure, AlphapulseError):
            raise failure from error
        raise BrokerUnavailable(f"the history can't be read: {error}", "Check the brokers that hold it") from error


async def _sources(settings: Settings, wanted: list[str]) -> Sources:
    named = {source: topic for source, topic in names(settings).items() if source in wanted}
    async with admin_client(settings.kafka) as admin:
        found = await describe(admin, tuple(named.values()))
    for topic in named.values():
        if topic not in found:
            raise ConfigError(f"the topic {topic} does not exist", "Run `alphapulse topics create`")
    return Sources(named, {source: found[topic].partitions for source, topic in named.items()})


async def _steps(
    settings: Settings, sources: Sources, since: int, until: int | None
) -> AsyncIterator[tuple[int, list[Record]]]:
    """Yield the records of all partitions in the order of their times, a second of them at a time."""
    by_topic = {topic: source for source, topic in sources.topics.items()}
    waiting: list[tuple[int, str, int, int, Record, Any]] = []
    step: list[Record] = []
    now = 0
    async with AsyncExitStack() as opened:
        for tp in sources.tps():
            log = await opened.enter_async_context(aclosing(_log(settings, by_topic[tp.topic], tp, since)))
            await _next(waiting, log)
        while waiting:
            ts, _, _, _, record, log = heapq.heappop(waiting)
            if until is not None and ts >= until:
                break
            if step and ts >= now + STEP_MS:
                yield now, step
                step = []
            if not step:
                now = max(now, ts)
            step.append(record)
            await _next(waiting, log)
    if step:
        yield now, step


async def _next(waiting: list[Any], log: AsyncGenerator[Record, None]) -> None:
    record = await anext(log, None)
    if record is not None:
        place = (record.timestamp, record.source, record.partition, record.offset)
        heapq.heappush(waiting, (*place, record, log))


async def _log(settings: Settings, source: str, tp: TopicPartition, since: int) -> AsyncGenerator[Record, None]:
    async with Reader(client_options(settings.kafka)) as reader:
        begin = await reader.leaders.at_time(tp, since)
        if begin is None:
            return
        async for batch in reader.batches(tp, begin.offset):
            for one in batch:
                if one.timestamp >= since:
                    yield Record(source, tp.topic, tp.partition, one.offset, one.timestamp, one.value or b"")
