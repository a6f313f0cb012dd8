"""All checks of a strategy, in processes of their own, each check with a deadline: `check(subject)`."""

from __future__ import annotations

import os
import re
import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Collection
from pathlib import Path

import msgspec

from worker.errors import ConfigError
from worker.strategy.checking import sequence
from worker.strategy.checking.checks.source import lint
from worker.strategy.checking.child import ENGINE, PLACE, STACK, Event, Job, limit, write
from worker.strategy.checking.desk import Options
from worker.strategy.checking.playing.market import utc
from worker.strategy.checking.report import Check, Fault, Figures, Report
from worker.strategy.checking.subject import Subject

DEADLINE = 20.0  # seconds in which a check that takes one or two must end
FIRST_COMPILATION = 900.0  # seconds for the engine, which is compiled once
GRACE = 5.0  # seconds beyond its deadline, after which a child that has not ended itself is killed
BOUND, ENDS = "Give each loop a bound: a worker would hang", "A worker would end as well, and the next one after it"
MOST_TOLD = 200  # characters of what a child has printed last
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
    run = _Run(subject, options or Options(), list(only), deadline, told, begun)
    if with_lint:
        begun(sequence.LINT[0])
        run.add(sequence.checked(sequence.LINT, lint(subject)))
    if not run.failed:
        run.play()
    done = {each.name for each in run.checks}
    missing = [name for name in sequence.SHOWS if name not in done and (with_lint or name != sequence.LINT[0])]
    left = [Check(name, sequence.SHOWS[name], "not run") for name in missing if not only or name in only]
    return Report(subject.title, [*run.checks, *left], run.figures)


class _Run:
    """One run of all checks."""

    def __init__(
        self, subject: Subject, options: Options, only: list[str], deadline: float, told: Told, begun: Begun
    ) -> None:
        self._subject, self._options, self._only = subject, options, only
        self._deadline, self._told, self._begun = deadline, told, begun
        self._late = self._ended_early = False
        self.checks: list[Check] = []
        self.figures: Figures | None = None

    @property
    def failed(self) -> bool:
        return any(check.status == "failed" for check in self.checks)

    def add(self, check: Check) -> None:
        self.checks.append(check)
        self._told(check)

    def play(self) -> None:
        """Run the first process, and the second if the first has played to its end."""
        with tempfile.TemporaryDirectory(prefix="alphapulse-check-") as name:
            folder = Path(name)
            job = self._job()
            market = self._options.market
            write(folder, job, None if market is None else market.rows)
            if not self._child(folder, HERE, Path.cwd()):
                return
            loads = not any(each.name == "definition" and each.status == "failed" for each in self.checks)
            if loads and not self._ended_early and (not self._only or sequence.PROCESSES[0] in self._only):
                write(folder, msgspec.structs.replace(job, compares=True))
                self._child(folder, THERE, folder)

    def _job(self) -> Job:
        file, options = self._subject.file, self._options
        return Job(
            engine=self._subject.engine.model_dump(),
            file=None if file is None else str(file.resolve()),
            name=self._subject.name,
            bars=options.bars,
            interval_ms=options.interval_ms,
            seed=options.seed,
            keys=None if options.market is None else options.market.keys,
            deadline=self._deadline,
            only=self._only,
        )

    def _child(self, folder: Path, environment: dict[str, str], at: Path) -> bool:
        """Run a child; return whether it came to its end."""
        reading, writing = os.pipe()
        command = [sys.executable, "-P", "-m", "worker.strategy.checking.child", str(folder), str(writing)]
        with tempfile.TemporaryFile() as printed, os.fdopen(reading, "rb", buffering=0) as pipe:
            child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=printed,
                pass_fds=[writing],
                env=os.environ | environment,
                cwd=at,
            )
            os.close(writing)
            try:
                doing = self._listen(pipe)
            finally:
                child.kill()
                code = child.wait()
            if doing is None:
                return True
            printed.seek(0)
            self._ended(folder, doing, code, printed.read().decode(errors="replace"))
        return False

    def _listen(self, pipe: object) -> str | None:
        """Hear a child to its end; return the check in which it ended, None where it had no more to tell."""
        doing: str | None = ENGINE
        self._late = False
        rest, due = b"", time.monotonic() + FIRST_COMPILATION
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)  # type: ignore[arg-type]
            while selector.select(max(due - time.monotonic(), 0.0)):
                chunk = os.read(pipe.fileno(), 1 << 16)  # type: ignore[attr-defined]
                if not chunk:
                    return doing
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    doing = self._heard(msgspec.json.decode(line, type=Event), doing)
                    due = time.monotonic() + self._limit(doing)
        self._late = True
        return doing

    def _limit(self, doing: str | None) -> float:
        if doing in (ENGINE, None):
            return FIRST_COMPILATION
        return limit(doing or "", self._deadline) + GRACE

    def _heard(self, event: Event, doing: str | None) -> str | None:
        if event.begun is not None:
            self._begun(event.begun)
            return event.begun
        if event.refused is not None:
            raise ConfigError(*event.refused)
        if event.figures is not None:
            self.figures = event.figures
        if event.ended is not None:
            self._ended_early = True
            self._add_failed(doing or ENGINE, Fault(f"it ended its process: {event.ended[0]}", event.ended[1], ENDS))
        if event.check is not None:
            self.add(event.check)
        return None

    def _ended(self, folder: Path, doing: str, code: int, printed: str) -> None:
        """Add the check in which a child was ended, or ended itself."""
        stack = (folder / STACK).read_text(errors="replace") if (folder / STACK).exists() else ""
        line = self._line(stack)
        place = (folder / PLACE).read_text(errors="replace").strip().rpartition(" ")
        where = f", at the bar of {place[0]} at {utc(int(place[2]))}" if place[0] else ""
        if self._late or stack.startswith("Timeout"):
            seconds = limit(doing, self._deadline)
            fault = Fault(f"it did not end within {seconds:g} s{where}", line, BOUND)
        elif stack:
            what = stack.partition("\n")[0].removeprefix("Fatal Python error: ")
            fault = Fault(f"it ended its process{where}: {what}", line, ENDS)
        else:
            last = " ".join(printed.split())[-MOST_TOLD:]
            fault = Fault(f"it ended its process with code {code}{where}: {last}".rstrip(": "), line, ENDS)
        self._add_failed(doing, fault)

    def _add_failed(self, doing: str, fault: Fault) -> None:
        self.add(Check(doing, sequence.SHOWS.get(doing, "it comes to its end"), "failed", [fault]))

    def _line(self, stack: str) -> int | None:
        file = self._subject.file
        if file is None:
            return None
        found = re.search(rf'File "{re.escape(str(file.resolve()))}", line (\d+)', stack)
        return int(found[1]) if found else None
