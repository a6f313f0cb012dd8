"""A run of the portfolio's monitor over made-up decisions, and what it wrote."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from schemas.control import Control
from schemas.portfolio import Entered, Operated, Portfolio
from tests.support.portfolio import MINUTE, START, Trader
from worker.engine.settings import EngineSettings
from worker.risk.monitor import Monitor, Output, replay
from worker.risk.settings import RiskSettings

Log = list[list[tuple[int, bytes]]]  # (offset, value) by partition
ENGINE = EngineSettings()
SMALL = RiskSettings.model_validate({"returns": "5m", "capital": 20_000.0})
_portfolio = msgspec.json.Decoder(Portfolio).decode


@dataclass
class Run:
    """A monitor, with all that it wrote."""

    risk: RiskSettings = field(default_factory=RiskSettings)
    partitions: int = 1
    engine: EngineSettings = ENGINE
    outputs: list[Output] = field(default_factory=list)
    state: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.monitor = Monitor(self.risk, self.engine, self.partitions)

    def step(self, ts: int, **entered: Any) -> Portfolio:
        """Advance to a step."""
        found = self.monitor.advance(ts, Entered(**entered))
        self.outputs.append(found)
        self.state |= dict(found.state)
        return _portfolio(found.portfolio)

    def restart(self) -> None:
        """Go on from the written state, in another process so to say."""
        self.monitor = Monitor(self.risk, self.engine, self.partitions, self.state)

    @property
    def records(self) -> list[Portfolio]:
        return [_portfolio(one.portfolio) for one in self.outputs]

    def controls(self, at: int = -1) -> dict[str, dict[str, Any] | None]:
        """The control records of one step, by key."""
        return {key: msgspec.json.decode(value) if value else None for key, value in self.outputs[at].controls}


def log(symbols: int, partitions: int, minutes: int, seed: int, crash: int | None = None) -> Log:
    """Decisions of traders; a symbol's partition is its number modulo `partitions`. In the minute `crash` all fall."""
    traders = [Trader(f"S{at:03d}", seed) for at in range(symbols)]
    found: Log = [[] for _ in range(partitions)]
    for minute in range(minutes):
        for at, trader in enumerate(traders):
            value = trader.next(START + minute * MINUTE, -0.25 if minute == crash else 0.0)
            if value is not None:
                mine = found[at % partitions]
                mine.append((len(mine), value))
    return found


def operated(rng: np.random.Generator, ts: int, version: int) -> Operated:
    """A control record that an operator might write."""
    key = str(rng.choice(["*", "S001", "S002", "OTHER"]))
    if rng.random() < 0.2:
        return Operated(key)
    effective = int(rng.choice([0, ts, ts + 3 * MINUTE]))
    return Operated(
        key,
        Control(
            key,
            version,
            effective,
            risk_mult=float(rng.choice([0.0, 0.5, 1.0])),
            max_notional=None if rng.random() < 0.5 else float(rng.integers(0, 10_000)),
            allow_open=bool(rng.random() < 0.7),
            kill="close_all" if rng.random() < 0.1 else "none",
        ),
    )


def live(run: Run, of: Log, seed: int, at_step: Callable[[Run, np.random.Generator], None] | None = None) -> None:
    """Read the log in random turns, as a consumer would, and take every step that is due."""
    rng = np.random.default_rng(seed)
    places = [0] * len(of)
    while True:
        ended = [place == len(values) for place, values in zip(places, of, strict=True)]
        ts = run.monitor.due(ended)
        if ts is not None:
            if at_step:
                at_step(run, rng)
            entered = _entered(run, rng, ts)
            run.step(ts, **entered)
            continue
        if all(ended):
            return
        partition = int(rng.choice(np.flatnonzero(~np.array(ended))))
        for offset, value in of[partition][places[partition] : (end := places[partition] + int(rng.integers(1, 40)))]:
            run.monitor.take(partition, offset, value)
        places[partition] = min(end, len(of[partition]))


def _entered(run: Run, rng: np.random.Generator, ts: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if rng.random() < 0.03:
        found["acknowledged"] = ["kill", "unreadable"]
    if rng.random() < 0.02:
        found["lagging"] = [0]
    if rng.random() < 0.05:
        found["repeated_ms"] = ts
    if rng.random() < 0.03:
        found["controls"] = [operated(rng, ts, 1_800_000_000 + len(run.outputs))]
    return found


def crashing(partitions: int, minutes: int, seed: int) -> Log:
    """Decisions of twelve traders through a crash; one of them can't be read."""
    decisions = log(12, partitions, minutes, seed, crash=minutes // 2)
    decisions[0][50] = (50, b"no decision")
    return decisions


def run_of(decisions: Log, seed: int, restarts: bool = False) -> Run:
    """A run over a log in random turns, where it says so with processes that end anywhere."""
    run = Run(SMALL, len(decisions))

    def perhaps(now: Run, rng: np.random.Generator) -> None:
        if rng.random() < 0.05 and now.outputs and restarts:
            _again(now, decisions)

    live(run, decisions, seed, perhaps)
    return run


def replayed(run: Run, decisions: Log) -> list[Output]:
    """What a new monitor writes at the recorded steps of a run."""
    return list(replay(Monitor(run.risk, run.engine, run.partitions), run.records, decisions))


def _again(run: Run, decisions: Log) -> None:
    """A new process: from the state of the last step, the log read again from its cut to where the old one was."""
    reached = run.monitor.cut
    run.restart()
    for partition, (begin, end) in enumerate(zip(run.monitor.cut, reached, strict=True)):
        for offset, value in decisions[partition][begin:end]:
            run.monitor.take(partition, offset, value)
