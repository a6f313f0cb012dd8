"""The monitor as it runs beside a fleet, on the clock of the backtest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from numpy.typing import NDArray

from schemas.portfolio import Entered, Portfolio
from worker.engine.settings import EngineSettings
from worker.risk.book.account import day_of
from worker.risk.monitor import Monitor, Output
from worker.risk.settings import RiskSettings

KILLS = frozenset({"day", "drawdown", "equity"})  # rules that close all positions
MINUTE_MS = 60_000
portfolio_of = msgspec.json.Decoder(Portfolio).decode


class Step(NamedTuple):
    """What the monitor wrote at a moment."""

    written_ms: int  # epoch ms of the clock: control records age from here on
    output: Output
    portfolio: Portfolio


class Overseer:
    """Steps when they are due, repetitions before a record can grow stale, acknowledgements after some days.

    `patience_ms` is the age from which workers find control records stale. `acknowledge` is how many UTC days after a
    kill it is acknowledged, None for never.
    """

    def __init__(
        self, risk: RiskSettings, engine: EngineSettings, patience_ms: int, acknowledge: int | None = None
    ) -> None:
        self.monitor = Monitor(risk, engine, 1)
        self._length, self._patience, self._acknowledge = risk.step_ms, patience_ms, acknowledge
        self._repeated: int | None = None  # when all live records were written last
        self._killed: int | None = None  # UTC day of the newest kill that nobody has acknowledged
        self._taken = 0
        self._now = 0  # wall time: the newest record's timestamp, or the step where that is later

    def before(self, ts: int, arrived: int) -> list[Step]:
        """Repeat the live records if the bars of step `ts`, which arrive until `arrived`, would find them stale."""
        if self._repeated is None or max(ts, arrived) - self._repeated <= self._patience:
            return []
        self._now = self._repeated = max(self._now, ts - self._length)
        return [self._step(self.monitor.ts, Entered(repeated_ms=self._now))]

    def take(self, decisions: Sequence[bytes]) -> None:
        """Take the next decisions."""
        for at, value in enumerate(decisions, self._taken):
            self.monitor.take(0, at, value)
        self._taken += len(decisions)

    def after(self, ts: int, arrived: int) -> list[Step]:
        """Advance to step `ts`, through those before that are due; its bars have arrived until `arrived`."""
        found, self._now = [], max(self._now, ts, arrived)
        while (due := self.monitor.due([True], ts)) is not None:
            found.append(self._step(due, self._entered(due)))
            if self._repeated is None:
                self._repeated = self._now
        return found

    def _entered(self, ts: int) -> Entered:
        if self._killed is None or self._acknowledge is None or day_of(ts) < self._killed + self._acknowledge:
            return Entered()
        self._killed = None
        return Entered(acknowledged=["kill"])

    def _step(self, ts: int, entered: Entered) -> Step:
        output = self.monitor.advance(ts, entered)
        told = portfolio_of(output.portfolio)
        if any(trip.rule in KILLS for trip in told.trips):
            self._killed = day_of(ts)
        return Step(self._now, output, told)


def shortest_ms(bars: NDArray[Any]) -> int:
    """Return the length of the shortest of some BAR rows, ms; 0 without any."""
    lengths = bars["interval_ms"][bars["mask"] == 0]
    return int(lengths.min()) if lengths.size else 0


def patience(engine: EngineSettings, bars: NDArray[Any]) -> int:
    """Return the age in ms from which a control record may be stale for one of some BAR rows."""
    risk = engine.risk
    return max(risk.control_max_age_minutes * MINUTE_MS, risk.control_max_intervals * shortest_ms(bars))
