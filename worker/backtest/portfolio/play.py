"""A portfolio played: with the monitor in the loop, or again from what such a run recorded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from schemas.portfolio import Portfolio
from worker.backtest.portfolio.ensemble import Ensemble
from worker.backtest.portfolio.journal import Journal, Noted, enter, noted
from worker.backtest.portfolio.overseer import Overseer, Step, patience, portfolio_of
from worker.engine.settings import EngineSettings
from worker.errors import DataError
from worker.risk.monitor import Monitor
from worker.risk.settings import RiskSettings

BLOCK = 1_024  # records at a time, where nothing has to be decided between them; values do not depend on it


class Moment(NamedTuple):
    """What a stretch of the clock adds; decisions and rejections in the order of the clock."""

    stop: int  # records played so far
    decisions: list[bytes]
    rejections: bytes  # lines
    steps: list[Step]
    journal: list[Noted]


def play(
    ensemble: Ensemble, engine: EngineSettings, risk: RiskSettings, acknowledge: int | None = None
) -> Iterator[Moment]:
    """Play a clock step by step of `risk.step`: what the monitor writes applies from the next step's records on.

    `acknowledge` is how many UTC days after a kill it is acknowledged, None for never.
    """
    overseer = Overseer(risk, engine, patience(engine, ensemble.clock.decoded.bars), acknowledge)
    journal, start = Journal(), 0

    def told(steps: Sequence[Step], at: int) -> list[Noted]:
        found = [each for step in steps for each in noted(step.output.controls, at, step.written_ms)]
        enter(ensemble.controls, [journal.note(each) for each in found], at)
        return found

    for ts, end in ensemble.clock.ends(risk.step_ms):
        arrived = int(ensemble.clock.decoded.bars["ingest_ts"][start:end].max())
        steps = overseer.before(ts, arrived)
        found = told(steps, start)
        for first in range(start, end, BLOCK):
            stop = min(first + BLOCK, end)
            decisions, rejections = ensemble.play(first, stop)
            overseer.take(decisions)
            more = overseer.after(ts, arrived) if stop == end else []
            yield Moment(stop, decisions, rejections, [*steps, *more], [*found, *told(more, stop)])
            steps, found = [], []
        start = end


class Recorded(NamedTuple):
    """What is enough to play a run again."""

    steps: Sequence[bytes]  # the monitor's records
    journal: Sequence[Noted]


def replay(ensemble: Ensemble, engine: EngineSettings, risk: RiskSettings, recorded: Recorded) -> Iterator[Moment]:
    """Play a clock under recorded control records, and repeat the monitor's recorded steps; the same bytes come out.

    Raises:
        DataError: they do not: input or settings are others.
    """
    journal = Journal()
    for each in recorded.journal:
        ensemble.controls.add(journal.note(each))
    again, taken = _Again(recorded, Monitor(risk, engine, 1)), 0
    for start in range(0, len(ensemble.clock), BLOCK):
        stop = min(start + BLOCK, len(ensemble.clock))
        decisions, rejections = ensemble.play(start, stop)
        before, steps = again.written, again.until(taken)
        for value in decisions:
            again.monitor.take(0, taken, value)
            taken += 1
            steps += again.until(taken)
        yield Moment(stop, decisions, rejections, steps, list(recorded.journal[before : again.written]))
    again.check_end()


class _Again:
    """The monitor at the recorded steps."""

    def __init__(self, recorded: Recorded, monitor: Monitor) -> None:
        self.monitor, self.written = monitor, 0  # control records
        self._lines, self._journal, self._done = recorded.steps, recorded.journal, 0
        self._steps = [portfolio_of(line) for line in recorded.steps]

    def until(self, taken: int) -> list[Step]:
        """Repeat the steps that count the decisions taken so far."""
        found = []
        while self._done < len(self._steps) and self._steps[self._done].cut[0] == taken:
            found.append(self._step(self._steps[self._done]))
            self._done += 1
        return found

    def check_end(self) -> None:
        """Check that all was repeated."""
        if self._done < len(self._steps) or self.written < len(self._journal):
            raise _other(self._done + 1, "is not reached")

    def _step(self, step: Portfolio) -> Step:
        output = self.monitor.advance(step.ts, step.entered)
        if output.portfolio != self._lines[self._done]:
            raise _other(self._done + 1, "has other figures")
        mine = self._journal[self.written : self.written + len(output.controls)]
        if [each.control for each in noted(output.controls, 0, 0)] != [each.control for each in mine]:
            raise _other(self._done + 1, "sets other limits")
        self.written += len(mine)
        return Step(mine[0].ts if mine else step.ts, output, step)


def _other(number: int, how: str) -> DataError:
    return DataError(
        f"the recorded run does not come out again: record {number} of its monitor {how}",
        "Replay it with the files and settings that it had",
    )
