"""The monitor of the portfolio's risk under test: its topics, made-up decisions, and what it must have written."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from aiokafka import TopicPartition

from schemas.control import MONITOR_HEADER, Control
from schemas.portfolio import Portfolio
from tests.support.fleet import START, Fleet, WorkerProcess, until
from tests.support.kafka import create_topics, produce
from tests.support.monitored import Log
from tests.support.ticks import group_settings, make_topics
from worker.engine.settings import EngineSettings
from worker.kafka.client import client_options
from worker.kafka.reader import Consumed, Reader
from worker.kafka.topics import wanted_by_risk
from worker.leading.ledger import BARRIER
from worker.leading.parts import joined
from worker.monitoring import inputs
from worker.risk.monitor import Monitor, replay
from worker.risk.settings import RiskSettings
from worker.settings import Settings

_portfolio = msgspec.json.Decoder(Portfolio).decode
_control = msgspec.json.Decoder(Control).decode
OWNER = "owner of the portfolio"
SMALL = {"capital": 20_000.0, "returns": "5m", "wait_ms": 200}


def risk_settings(bootstrap: str, prefix: str, partitions: int = 2, **risk: Any) -> Settings:
    """Settings of a fleet and its monitor."""
    settings = group_settings(bootstrap, prefix, partitions, heartbeat_interval_ms=500)
    return settings.model_copy(update={"risk": RiskSettings.model_validate(SMALL | risk)})


async def make_risk_topics(settings: Settings) -> None:
    """Create all topics, as `topics create` does."""
    # Never compacted: steps of a former time roll segments of the log, and a test wants to see every control record.
    await make_topics(settings, risk_control={"min.cleanable.dirty.ratio": "1.0"})
    for name, config in wanted_by_risk(settings).items():
        await create_topics(settings.kafka.bootstrap_servers, {name: 1}, config)


class Decided:
    """Made-up decisions on their way to the topic, a part at a time."""

    def __init__(self, settings: Settings, log: Log) -> None:
        self._settings, self._log = settings, log
        self._places = [0] * len(log)

    async def publish(self, each: int) -> None:
        """Publish the next `each` decisions of each partition."""
        found = []
        for partition, values in enumerate(self._log):
            begin, self._places[partition] = self._places[partition], self._places[partition] + each
            for _, value in values[begin : begin + each]:
                decided = msgspec.json.decode(value)
                found.append((partition, decided["symbol"].encode(), value, decided["close_ts"]))
        await produce(self._settings.kafka.bootstrap_servers, self._settings.topics.output, found)


class Monitors(Fleet):
    """Members of the monitor's group, and workers beside them where a test starts some."""

    def __init__(self, settings: Settings, folder: Path, program: Sequence[str] = ("worker",)) -> None:
        super().__init__(settings, folder)
        self._program = program

    def monitor(self, name: str, *arguments: str, **extra: str) -> WorkerProcess:
        """Start a member."""
        return self.start(name, self._program, arguments, "risk", **extra)

    async def owner(self, name: str, **extra: str) -> WorkerProcess:
        """Start a member and wait until it owns the portfolio."""
        member = self.monitor(name, **extra)
        await owns(member)
        return member


async def owns(member: WorkerProcess, seconds: float = START) -> float:
    """Wait until a member owns the portfolio; return the seconds it took."""

    async def holds() -> bool:
        assert member.running, f"{member.name} ended with {member.process.poll()}:\n{member.text}"
        return await member.metric("risk_owner") == 1

    return await until(holds, seconds, f"{member.name} owns the portfolio:\n{member.text}")


def owned_at(member: WorkerProcess) -> float:
    """Unix time at which a member last became the owner; 0 for never."""
    told = member.events(OWNER)
    return datetime.fromisoformat(told[-1]["ts"]).timestamp() if told else 0.0


async def read_whole(settings: Settings, topic: str, partition: int) -> list[Consumed]:
    """All committed records of a partition; waits for markers, which may come after the commit has returned."""
    tp = TopicPartition(topic, partition)
    async with Reader(client_options(settings.kafka)) as reader:
        end = await reader.leaders.end(tp, committed=False)
        return [record async for batch in reader.batches(tp, stop=end) for record in batch]


async def portfolios(settings: Settings) -> list[Consumed]:
    """The records of the portfolio."""
    return await read_whole(settings, settings.topics.figures, 0)


async def steps(settings: Settings) -> list[Portfolio]:
    """The same, decoded."""
    return [_portfolio(record.value or b"") for record in await portfolios(settings)]


async def reached(settings: Settings, ts: int, seconds: float = 60.0) -> None:
    """Wait until the portfolio has come to a step."""

    async def holds() -> bool:
        found = await steps(settings)
        return bool(found) and found[-1].ts >= ts

    await until(holds, seconds, f"step {ts}")


async def controls(settings: Settings) -> list[Consumed]:
    """All control records, partition by partition."""
    return await _all(settings, settings.topics.limits, settings.topics.partitions)


async def _all(settings: Settings, topic: str, partitions: int) -> list[Consumed]:
    parts = [await read_whole(settings, topic, at) for at in range(partitions)]
    return [record for part in parts for record in part]


def is_own(record: Consumed) -> bool:
    """Whether the monitor wrote it."""
    return any(name == MONITOR_HEADER for name, _ in record.headers)


async def assert_exactly_once(settings: Settings, alone: bool = True) -> list[Portfolio]:
    """Check all that the monitor wrote against a replay from the recorded cuts; return the steps.

    Two monitors that write limits at once, so not `alone`, do not know each other's newest versions.
    """
    written, limits = await portfolios(settings), await controls(settings)
    found = [_portfolio(record.value or b"") for record in written]
    assert [step.number for step in found] == list(range(1, len(found) + 1))
    times = [step.ts for step in found]
    assert times == sorted(times)
    if alone:
        assert_versions(limits)
    decisions = await _all(settings, settings.topics.output, settings.topics.partitions)
    log: Log = [[] for _ in range(settings.topics.partitions)]
    for record in decisions:
        log[record.partition].append((record.offset, record.value or b""))
    outputs = list(replay(Monitor(settings.risk, EngineSettings(), len(log)), found, log))
    assert [record.value for record in written] == [output.portfolio for output in outputs]
    wanted, has = _by_key([one for output in outputs for one in output.controls]), by_key(limits, settings)
    assert {key: has.get(key) for key in wanted.keys() | has.keys() if wanted.get(key) != has.get(key)} == {}
    assert await state(settings) == {key: value for output in outputs for key, value in output.state}
    return found


def assert_versions(limits: Sequence[Consumed]) -> None:
    """Each record of the monitor has the greatest version before it and one."""
    seen: dict[bytes | None, int] = {}
    for record in limits:
        if record.value is None:
            continue
        version = _control(record.value).version
        if is_own(record) and record.key in seen:
            assert version == seen[record.key] + 1, record
        seen[record.key] = max(version, seen.get(record.key, 0))


def by_key(limits: Sequence[Consumed], settings: Settings) -> dict[str, list[bytes | None]]:
    """The records of each key that this monitor wrote, in order."""
    own = (MONITOR_HEADER, settings.risk_name.encode())
    return _by_key([((record.key or b"").decode(), record.value) for record in limits if own in record.headers])


def _by_key(records: Sequence[tuple[str, bytes | None]]) -> dict[str, list[bytes | None]]:
    found: dict[str, list[bytes | None]] = defaultdict(list)
    for key, value in records:
        found[key].append(value)
    return dict(found)


async def state(settings: Settings) -> dict[str, bytes]:
    """The newest record of each key of the monitor's state."""
    records = await read_whole(settings, settings.risk_state_topic, 0)
    found = joined({(record.key or b"").decode(): record.value or b"" for record in records})
    return {key: value for key, value in found.items() if key not in (inputs.KEY, BARRIER.decode())}


def now_ms() -> int:
    """Wall time, epoch ms."""
    return int(time.time() * 1000)
