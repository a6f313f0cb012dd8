"""All checks of a strategy, in processes of their own, each check with a deadline: `check(subject)`."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection
from pathlib import Path

import msgspec

from worker.errors import ConfigError
from worker.strategy.checking import sequence
from worker.strategy.checking.checks.source import lint
from worker.strategy.checking.child import ENGINE, Event, Job, write
from worker.strategy.checking.desk import Options
from worker.strategy.checking.parent import ENDS, Child
from worker.strategy.checking.report import Check, Fault, Figures, Report
from worker.strategy.checking.subject import Subject

DEADLINE = 20.0  # seconds in which a check that takes one or two must end
# Two of all that may differ between two workers; the second one also has another folder.
HERE = {"PYTHONHASHSEED": "1", "TZ": "UTC"}
THERE = {"PYTHONHASHSEED": "2", "TZ": "Pacific/Chatham"}

Told = Callable[[Check], None]
Begun = Callable[[str], None]


def check(
    subject: Subject,
    options: Options | None = None,
    *,
    only: Collection[str] = (),
    with_lint: bool = True,
    deadline: float = DEADLINE,
    told: Told = lambda check: None,
    begun: Begun = lambda name: None,
) -> Report:
    """Check a strategy in some ten seconds of CPU time; where the lint finds something, nothing is run.

    `told` is given each check when it is done, `begun` the name of each that begins. `only` names some of
    `sequence.SHOWS`; `with_lint=False` runs whatever the lint would find.

    Raises:
        ConfigError: there is no such file or entry point; a parameter is unknown or out of its range.
    """
    run = _Run(subject, deadline, told, begun)
    if with_lint:
        begun(sequence.LINT[0])
        run.add(sequence.checked(sequence.LINT, lint(subject)))
    if not run.failed():
        run.play(options or Options(), list(only))
    done = {each.name for each in run.checks}
    missing = [name for name in sequence.SHOWS if name not in done and (with_lint or name != sequence.LINT[0])]
    left = [Check(name, sequence.SHOWS[name], "not run") for name in missing if not only or name in only]
    return Report(subject.title, [*run.checks, *left], run.figures)


class _Run:
    """The checks so far."""

    def __init__(self, subject: Subject, deadline: float, told: Told, begun: Begun) -> None:
        self._subject, self._deadline, self._told, self._begun = subject, deadline, told, begun
        self._doing, self._ended = ENGINE, False
        self.checks: list[Check] = []
        self.figures: Figures | None = None

    def failed(self, *names: str) -> bool:
        """Return whether one of these has failed, or any."""
        return any(check.status == "failed" and (not names or check.name in names) for check in self.checks)

    def add(self, check: Check) -> None:
        self.checks.append(check)
        self._told(check)

    def play(self, options: Options, only: list[str]) -> None:
        """Run the first process, and the second if the first has played to its end."""
        with tempfile.TemporaryDirectory(prefix="alphapulse-check-") as name:
            folder, market = Path(name), options.market
            job = self._job(options, only)
            write(folder, job, None if market is None else market.rows)
            self._child(folder, HERE, Path.cwd())
            wanted = not only or sequence.PROCESSES[0] in only
            if wanted and not self._ended and not self.failed("definition"):
                write(folder, msgspec.structs.replace(job, compares=True))
                self._child(folder, THERE, folder)

    def _job(self, options: Options, only: list[str]) -> Job:
        file = self._subject.file
        return Job(
            engine=self._subject.engine.model_dump(),
            file=None if file is None else str(file.resolve()),
            name=self._subject.name,
            bars=options.bars,
            interval_ms=options.interval_ms,
            seed=options.seed,
            keys=None if options.market is None else options.market.keys,
            deadline=self._deadline,
            only=only,
        )

    def _child(self, folder: Path, environment: dict[str, str], at: Path) -> None:
        lost = Child(folder, self._deadline, self._heard).run(environment, at, self._subject.file)
        if lost is not None:
            self._end(*lost)

    def _heard(self, event: Event) -> None:
        if event.begun is not None:
            self._doing = event.begun
            self._begun(event.begun)
        if event.refused is not None:
            raise ConfigError(*event.refused)
        if event.figures is not None:
            self.figures = event.figures
        if event.ended is not None:
            self._end(self._doing, Fault(f"it ended its process: {event.ended[0]}", event.ended[1], ENDS))
        if event.check is not None:
            self.add(event.check)

    def _end(self, doing: str, fault: Fault) -> None:
        self._ended = True
        self.add(Check(doing, sequence.SHOWS.get(doing, "it comes to its end"), "failed", [fault]))
