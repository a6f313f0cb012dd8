"""Alerts under test on a real broker: their topics, members, and what they must have written."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from schemas.alert import Alert
from schemas.delivery import Delivery
from tests.support.alarms import decided, portfolio
from tests.support.fleet import START, Fleet, WorkerProcess, until
from tests.support.hooks import Hook
from tests.support.kafka import create_topics, produce
from tests.support.risk import read_whole
from tests.support.ticks import group_settings, make_topics
from worker.alerts import journal
from worker.alerts.core import Core, replay
from worker.alerts.evaluation.records import Record
from worker.alerts.loading import load_plan
from worker.alerts.preflight import names
from worker.kafka.reader import Consumed
from worker.kafka.topics import wanted_by_alerts, wanted_by_risk
from worker.leading.parts import joined
from worker.operate import alerts as topics
from worker.operate.acts.intent import Intent, Origin
from worker.operate.acts.perform import perform
from worker.settings import Settings
from worker.settings.alerts import AlertsSettings

_alert = msgspec.json.Decoder(Alert).decode
HEAD = """
[[routes]]
receivers = ["ops"]
wait = "0s"
interval = "1s"
{more}

[receivers.ops]
kind = "webhook"
url = "{url}"
secret = "s3cret"
"""


def alerts_settings(bootstrap: str, prefix: str, file: Path, partitions: int = 2, **alerts: Any) -> Settings:
    """Settings of a fleet and its alerts."""
    settings = group_settings(bootstrap, prefix, partitions, heartbeat_interval_ms=500)
    quick = {"file": file, "begin": "beginning", "step_ms": 50, "fleet_seconds": 1.0, "retry_min_ms": 50}
    return settings.model_copy(update={"alerts": AlertsSettings.model_validate(quick | {"retry_max_ms": 400} | alerts)})


async def make_alerts_topics(settings: Settings) -> None:
    """Create all topics, as `topics create` does; none is compacted while a test looks at it."""
    await make_topics(settings)
    slow = {"min.cleanable.dirty.ratio": "1.0"}
    for name, config in (wanted_by_risk(settings) | wanted_by_alerts(settings)).items():
        await create_topics(settings.kafka.bootstrap_servers, {name: 1}, config | slow)


async def make_state_topic(settings: Settings) -> None:
    """Create a state topic beside the one that there is."""
    name = settings.alerts_state_topic
    await create_topics(settings.kafka.bootstrap_servers, {name: 1}, wanted_by_alerts(settings)[name])


def write_file(folder: Path, url: str, more: str = "", rest: str = "") -> Path:
    """A file of one route to one webhook."""
    file = folder / "alerts.toml"
    file.write_text(HEAD.format(url=url, more=more) + rest, encoding="utf-8")
    return file


class Alerting(Fleet):
    """Members of the group of the alerts."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        super().__init__(settings, folder)

    def member(self, name: str, **extra: str) -> WorkerProcess:
        """Start a member."""
        return self.start(name, command="alerts", **extra)

    async def owner(self, name: str, **extra: str) -> WorkerProcess:
        """Start a member and wait until it evaluates the alerts."""
        member = self.member(name, **extra)
        await owns(member)
        return member


async def owns(member: WorkerProcess, seconds: float = START) -> float:
    """Wait until a member evaluates the alerts; return the seconds it took."""

    async def holds() -> bool:
        assert member.running, f"{member.name} ended with {member.process.poll()}:\n{member.text}"
        return await member.metric("alerts_owner") == 1

    return await until(holds, seconds, f"{member.name} owns the alerts:\n{member.text}")


async def decide(settings: Settings, found: Sequence[tuple[int, str, int]], *reasons: str) -> None:
    """Write decisions: (partition, symbol, sequence)."""
    now = now_ms()
    values = [(at, symbol.encode(), decided(symbol, number, now, *reasons), now) for at, symbol, number in found]
    await produce(settings.kafka.bootstrap_servers, settings.topics.output, values)


class Shifts:
    """Level shifts of ever new symbols: an alert each."""

    def __init__(self, settings: Settings) -> None:
        self.symbols: list[str] = []
        self._settings = settings

    async def more(self, count: int) -> None:
        """Write so many."""
        new = [f"S{len(self.symbols) + at:05d}" for at in range(count)]
        partitions = self._settings.topics.partitions
        await decide(self._settings, [(at % partitions, one, 1) for at, one in enumerate(new)], "level_shift")
        self.symbols += new

    async def told(self, hook: Hook, seconds: float) -> None:
        """Wait until a web server has taken an alert for each."""

        async def holds() -> bool:
            return set(self.symbols) <= symbols_of(hook)

        await until(holds, seconds, "an alert for each symbol")


def symbols_of(hook: Hook) -> set[str]:
    """The symbols that a web server was told of, in summaries by details only."""
    return {one["labels"]["symbol"] for request in hook.taken for one in request.json["alerts"]}


def assert_told(hook: Hook, symbols: Sequence[str]) -> int:
    """Check that each symbol was told once, or in repeats that are equal byte by byte; return their number."""
    bodies: dict[str, set[bytes]] = {}
    repeats = 0
    for one in hook.taken:
        known = bodies.setdefault(one.headers["Idempotency-Key"], set())
        repeats += bool(known)
        known.add(one.body)
    assert {len(found) for found in bodies.values()} == {1}
    told = Counter(
        alert["labels"]["symbol"] for found in bodies.values() for alert in msgspec.json.decode(min(found))["alerts"]
    )
    assert set(told) == set(symbols)
    return repeats


async def measure(settings: Settings, **figures: Any) -> None:
    """Write a record of the portfolio."""
    value = portfolio(**figures)
    await produce(settings.kafka.bootstrap_servers, settings.topics.figures, [(0, b"*", value, now_ms())])


async def act(settings: Settings, intent: Intent) -> None:
    """Do what an operator does."""
    await perform(settings, Origin("ann"), intent)


async def written(settings: Settings) -> list[Alert]:
    """All alerts that were written, in order."""
    return [_alert(one.value or b"") for one in await read_whole(settings, settings.topics.alarms, 0)]


async def wrote(settings: Settings, rule: str, state: str, seconds: float = 30.0) -> Alert:
    """Wait for an alert of a rule in a state."""
    found: list[Alert] = []

    async def holds() -> bool:
        found[:] = [one for one in await written(settings) if (one.rule, one.state) == (rule, state)]
        return bool(found)

    await until(holds, seconds, f"{rule} {state}")
    return found[-1]


async def delivered(
    settings: Settings, count: int, seconds: float = 30.0, outcome: str = "delivered"
) -> list[Delivery]:
    """Wait for so many deliveries with an outcome."""
    found: list[Delivery] = []

    async def holds() -> bool:
        found[:] = [one for one in await topics.deliveries(settings) if one.outcome == outcome]
        return len(found) >= count

    await until(holds, seconds, f"{count} {outcome}")
    return found


async def assert_replay(settings: Settings) -> list[Alert]:
    """Check all alerts that were written against a replay of the journal, byte by byte; return them."""
    read = await read_whole(settings, settings.alerts_state_topic, 0)
    stored = joined({(one.key or b"").decode(): one.value or b"" for one in read})
    steps = journal.steps(stored)
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    logs: dict[str, list[list[Record]]] = {}
    for source, topic in names(settings).items():
        parts = range(settings.topics.partitions if source in ("decisions", "rejections") else 1)
        logs[source] = [_records(source, await read_whole(settings, topic, at)) for at in parts]
    core = Core(load_plan(settings), settings.alerts.max_series, _begin(logs), {})
    found = await read_whole(settings, settings.topics.alarms, 0)
    again = [value for one in replay(core, steps, logs) for _, value in one.alerts]
    assert [one.value for one in found] == again
    return [_alert(one.value or b"") for one in found]


def _begin(logs: Mapping[str, Sequence[Any]]) -> dict[str, list[int]]:
    return {source: [0] * len(parts) for source, parts in logs.items()}


def _records(source: str, found: Sequence[Consumed]) -> list[Record]:
    return [Record(source, one.topic, one.partition, one.offset, one.timestamp, one.value or b"") for one in found]


def now_ms() -> int:
    """Wall time, epoch ms."""
    return int(time.time() * 1000)
