"""A rule over history: what it would have found, without writing anything."""

from __future__ import annotations

import heapq
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, aclosing
from typing import Any, NamedTuple

from aiokafka import TopicPartition

from schemas.alert import Alert
from worker.alerts.configuration.plan import Plan
from worker.alerts.evaluation.evaluation import Evaluation
from worker.alerts.evaluation.records import Record
from worker.alerts.evaluation.sources import Row
from worker.alerts.fleet.history import observed
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


class _Step(NamedTuple):
    """What entered at one time."""

    number: int
    now: int  # epoch ms
    records: Sequence[Record]
    rows: Sequence[Row] = ()


async def trial(
    settings: Settings, plan: Plan, name: str, since: int, until: int | None, tell: Callable[[str], None]
) -> AsyncIterator[tuple[int, Alert]]:
    """Yield the alerts of one rule over the records from `since` to `until`, epoch ms, with their times.

    A rule of the fleet gets the steps that the journal keeps; `tell` is called where it begins later.

    Raises:
        ConfigError: there is no such rule, a topic is missing, or nothing that the rule looks at was seen of the fleet.
        AlphapulseError: a topic can't be read.
    """
    limited = plan.rules[name]
    evaluation, number = Evaluation({name: limited}, settings.alerts.max_series), 0
    topics: Sequence[str] = (settings.alerts_state_topic,)
    try:
        if limited.rule.source == "fleet":
            steps = _journaled(settings, plan, name, since, until, tell)
        else:
            sources = await _sources(settings, [*READS[limited.rule.source], *getattr(limited.rule, "of", ())])
            topics, steps = list(sources.topics.values()), _steps(settings, sources, since, until)
        async for step in steps:
            number = step.number
            for alert in evaluation.step(number, step.now, step.records, step.rows):
                yield step.now, alert
            for _ in evaluation.changes():
                pass
        end = until if until is not None else int(time.time() * 1000)
        for alert in evaluation.step(number + 1, end, ()):
            yield end, alert
    except (Truncated, *FAILURES) as error:
        failure = meaning(error, ", ".join(topics))
        if isinstance(failure, AlphapulseError):
            raise failure from error
        raise BrokerUnavailable(f"the history can't be read: {error}", "Check the brokers that hold it") from error


async def _journaled(
    settings: Settings, plan: Plan, name: str, since: int, until: int | None, tell: Callable[[str], None]
) -> AsyncIterator[_Step]:
    for step in await observed(settings, plan.rules[name].rule, since, until, tell):
        yield _Step(step.number, step.now, (), step.rows)


async def _sources(settings: Settings, wanted: list[str]) -> Sources:
    named = {source: topic for source, topic in names(settings).items() if source in wanted}
    async with admin_client(settings.kafka) as admin:
        found = await describe(admin, tuple(named.values()))
    for topic in named.values():
        if topic not in found:
            raise ConfigError(f"the topic {topic} does not exist", "Run `alphapulse topics create`")
    return Sources(named, {source: found[topic].partitions for source, topic in named.items()})


async def _steps(settings: Settings, sources: Sources, since: int, until: int | None) -> AsyncIterator[_Step]:
    """Yield the records of all partitions in the order of their times, a second of them at a time."""
    by_topic = {topic: source for source, topic in sources.topics.items()}
    waiting: list[tuple[int, str, int, int, Record, Any]] = []
    step: list[Record] = []
    number = now = 0
    async with AsyncExitStack() as opened:
        for tp in sources.tps():
            log = await opened.enter_async_context(aclosing(_log(settings, by_topic[tp.topic], tp, since)))
            await _next(waiting, log)
        while waiting:
            ts, _, _, _, record, log = heapq.heappop(waiting)
            if until is not None and ts >= until:
                break
            if step and ts >= now + STEP_MS:
                number += 1
                yield _Step(number, now, step)
                step = []
            if not step:
                now = max(now, ts)
            step.append(record)
            await _next(waiting, log)
    if step:
        yield _Step(number + 1, now, step)


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
