"""Alerts without Kafka: made-up records through rules and routing, restarted and replayed."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from schemas.alert import Alert
from schemas.silence import Matcher, Silence
from worker.alerts import journal
from worker.alerts.configuration.file import SHIPPED
from worker.alerts.configuration.plan import Plan
from worker.alerts.core import Core, Written, replay
from worker.alerts.evaluation.records import Record
from worker.alerts.evaluation.sources import Row
from worker.alerts.loading import load_plan
from worker.settings import Settings
from worker.settings.alerts import AlertsSettings

START = 1_700_000_000_000
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
TOPICS = {"decisions": "decisions", "rejections": "ticks.rejected", "portfolio": "portfolio", "audit": "audit"}
Logs = dict[str, list[list[Record]]]


def plan_of(folder: Path, text: str, shipped: bool = False) -> Plan:
    """The plan of a file."""
    file = folder / "alerts.toml"
    head = "" if shipped else "shipped = false\n"
    file.write_text(head + text, encoding="utf-8")
    return load_plan(Settings(alerts=AlertsSettings(file=file)))


def decided(symbol: str, sequence: int, close_ts: int, *reasons: str, minutes: int = 1, **more: Any) -> bytes:
    """A decision, as far as rules look at it."""
    own = {"symbol": symbol, "sequence": sequence, "ts": close_ts - minutes * MINUTE, "close_ts": close_ts}
    return msgspec.json.encode(own | {"reasons": list(reasons)} | more)


def rejected(symbol: str, sequence: int | None, *codes: str) -> bytes:
    """A rejection."""
    return msgspec.json.encode({"symbol": symbol, "sequence": sequence, "codes": list(codes)})


def portfolio(load: float = 0.5, blocking: Sequence[str] = (), drawdown: float = 0.0, trips: Any = ()) -> bytes:
    """A record of the portfolio."""
    equity = {"equity": 100.0, "drawdown": drawdown, "day_return": 0.0, "peak": 100.0}
    return msgspec.json.encode({"load": load, "blocking": list(blocking), "equity": equity, "trips": list(trips)})


def silence(number: int, begin: int, end: int, **labels: str) -> bytes:
    """An operator's silence."""
    matchers = [Matcher(label, value) for label, value in labels.items()]
    made = Silence(_id(number), matchers, begin, end, "ann", "planned")
    return _act("silence", made.id, begin, silence=msgspec.to_builtins(made))


def acknowledged(mark: str, ts: int) -> bytes:
    """An operator's word that an alert is taken on."""
    return _act("acknowledge_alert", mark, ts)


def _act(action: str, subject: str, ts: int, **more: Any) -> bytes:
    own = {"schema_version": 1, "id": _id(ts), "ts": ts, "who": "ann", "action": action, "subject": subject}
    return msgspec.json.encode(own | {"reason": "seen"} | more)


def _id(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()[:32]


@dataclass
class Alarms:
    """A core with its logs, its state and all that it wrote."""

    plan: Plan
    partitions: int = 1
    most: int = 1_000
    now: int = START
    written: list[Written] = field(default_factory=list)
    state: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.logs: Logs = {source: [[] for _ in range(self.partitions)] for source in TOPICS}
        self.core = Core(self.plan, self.most, self._begin(), {})
        self._new: list[Record] = []

    def _begin(self) -> dict[str, list[int]]:
        return {source: [0] * self.partitions for source in TOPICS}

    def put(self, source: str, value: bytes, ts: int | None = None, partition: int = 0) -> None:
        """Append a record to a log; the next step takes it."""
        log = self.logs[source][partition]
        record = Record(source, TOPICS[source], partition, len(log), self.now if ts is None else ts, value)
        log.append(record)
        self._new.append(record)

    def step(self, later: int = 0, rows: Sequence[Row] = ()) -> list[Alert]:
        """Take what has come, some milliseconds later."""
        self.now += later
        written = self.core.step(self.now, self._new, rows)
        self._new = []
        if written.step is not None:
            self.written.append(written)
        for key, value in written.state:
            if value is None:
                self.state.pop(key, None)
            else:
                self.state[key] = value
        return [alert for alert, _ in written.alerts]

    def pass_(self, ms: int, each: int = SECOND) -> list[Alert]:
        """Let time pass, step by step."""
        return [alert for _ in range(ms // each) for alert in self.step(each)]

    def restart(self, plan: Plan | None = None) -> None:
        """Go on from the stored state, in another process so to say."""
        self.plan = plan or self.plan
        steps = journal.steps(self.state)
        if not steps:
            self.core = Core(self.plan, self.most, self._begin(), {})
        else:
            self.core = Core.restored(self.plan, self.most, self.state, steps[-1])

    @property
    def sent(self) -> list[Any]:
        """All messages, with their receivers."""
        return [one for written in self.written for one in written.sent]

    @property
    def steps(self) -> list[journal.Step]:
        """The journal."""
        return [written.step for written in self.written if written.step is not None]

    def replayed(self) -> list[Written]:
        """What the journaled steps write once more."""
        return list(replay(Core(self.plan, self.most, self._begin(), {}), self.steps, self.logs))


def told(alerts: Sequence[Alert]) -> list[tuple[str, str, Mapping[str, str]]]:
    """Rule, state and labels."""
    return [(one.rule, one.state, one.labels) for one in alerts]


def shipped() -> Plan:
    """The plan without a file."""
    assert SHIPPED.is_file()
    return load_plan(Settings())


def traffic(alarms: Alarms, dice: random.Random, symbols: int = 6) -> None:
    """Some seconds of everything, at random."""
    sequences: dict[str, int] = {}
    for _ in range(dice.randrange(1, 30)):
        symbol = f"S{dice.randrange(symbols)}"
        sequences[symbol] = alarms_sequence(alarms, symbol)
        partition = hash_of(symbol) % alarms.partitions
        ts = alarms.now - dice.randrange(0, 90_000)
        if dice.random() < 0.15:
            value = rejected(symbol, sequences[symbol], dice.choice(["price_spike", "stale_bar"]))
            alarms.put("rejections", value, ts, partition)
        elif dice.random() < 0.03:
            alarms.put("decisions", b"no decision", ts, partition)
        else:
            reasons = [one for one in ("level_shift", "model_fallback", "kill_switch") if dice.random() < 0.05]
            alarms.put("decisions", decided(symbol, sequences[symbol], ts, *reasons), ts, partition)
    if dice.random() < 0.6:
        blocking = [one for one in ("kill: day", "blind: no bars of S1", "load: gross") if dice.random() < 0.15]
        alarms.put("portfolio", portfolio(dice.uniform(0.5, 1.2), blocking, dice.uniform(0, 0.2)))


def alarms_sequence(alarms: Alarms, symbol: str) -> int:
    """The next number of a symbol; now and then one is left out."""
    numbers: dict[str, int] = alarms.__dict__.setdefault("numbers", {})
    numbers[symbol] = numbers.get(symbol, 0) + (2 if len(numbers) > 3 and numbers.get(symbol, 0) % 37 == 36 else 1)
    return numbers[symbol]


def hash_of(symbol: str) -> int:
    """A number of a symbol, the same in all processes."""
    return int(hashlib.sha256(symbol.encode()).hexdigest()[:8], 16)
