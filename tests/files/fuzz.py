"""Mutated files, settings and arguments through every command: a sentence and a documented exit code, no traceback."""

from __future__ import annotations

import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.files import generate, mutate
from tests.support.commands import Called, call
from worker.backtest.parts import DECISIONS
from worker.errors import Exit

CODES = frozenset(int(code) for code in Exit) - {Exit.UNEXPECTED}
LONGEST = 60  # seconds of a command
SHOWN = 80  # characters of an argument in a report
NOWHERE = {"ALPHAPULSE_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:1", "ALPHAPULSE_KAFKA__REQUEST_TIMEOUT_MS": "1000"}


Part = Callable[[Path, int, int], Iterator["Case"]]  # folder, count, seed


class Case(NamedTuple):
    """One command to run in a folder of its own."""

    arguments: tuple[str, ...]
    folder: Path
    environment: dict[str, str]
    typed: str = ""

    @property
    def told(self) -> str:
        """How to run it again."""
        given = " ".join(f"{name}={value!r}" for name, value in self.environment.items() if name not in NOWHERE)
        words = (repr(word) if len(word) <= SHOWN else f"{word[:SHOWN]!r}..." for word in self.arguments)
        return f"{given} alphapulse {' '.join(words)}".strip()


class Finding(NamedTuple):
    """A command that ended as none may."""

    case: Case
    called: Called
    why: str

    @property
    def told(self) -> str:
        """What was run and what it said."""
        lines = (line[:300] for line in self.called.err.splitlines()[-40:])
        return f"{self.why}: {self.case.told}\n" + "\n".join(lines)


def wrong(called: Called) -> str | None:
    """What is wrong with how a command ended; None when it may end so."""
    if called.crashed:
        return "a traceback"
    if called.code not in CODES and called.sentence != "Aborted.":  # nobody answered a question
        return f"exit code {called.code}"
    if called.code != Exit.OK and not (called.sentence or called.out.strip()):  # `doctor` reports on standard output
        return f"exit code {called.code} without a sentence"
    return None


def run(cases: Iterator[Case], told: Callable[[int], None] = lambda _: None) -> tuple[int, list[Finding]]:
    """(number of cases, what was found) of running them one after the other."""
    findings, count = [], 0
    for count, case in enumerate(cases, 1):
        given = NOWHERE | {"ALPHAPULSE_STATE_DIR": str(case.folder / "state")} | case.environment
        begun = time.monotonic()
        with _limited():
            called = call(*case.arguments, folder=case.folder, environment=given, typed=case.typed)
        slow = f"{LONGEST} s were not enough" if time.monotonic() - begun >= LONGEST else None
        if why := slow or wrong(called):
            findings.append(Finding(case, called, why))
        told(count)
    return count, findings


@contextmanager
def _limited() -> Iterator[None]:
    """Interrupt what does not come to an end, as a user would."""
    before = signal.signal(signal.SIGALRM, _interrupt)
    signal.setitimer(signal.ITIMER_REAL, LONGEST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def files(folder: Path, count: int, seed: int) -> Iterator[Case]:
    """Damaged files of bars, plans, lines and registries for the commands that read them."""
    decisions = _decisions(_place(folder, "decided"))
    for number in range(count):
        rng = random.Random(f"fuzz files {seed} {number}")
        place = _place(folder, f"f{number}")
        file = generate.made(place, seed * 100_000 + number)
        mutate.damage(rng, file.path)
        yield Case(mutate.reading(rng, file, place, decisions), place, {})


def settings(folder: Path, count: int, seed: int) -> Iterator[Case]:
    """Odd TOML files, `.env` files, variables and secrets before commands that read settings."""
    for number in range(count):
        rng = random.Random(f"fuzz settings {seed} {number}")
        place = _place(folder, f"s{number}")
        environment = mutate.settings(rng, place)
        yield Case(mutate.configured(rng, place), place, environment)


def arguments(folder: Path, count: int, seed: int) -> Iterator[Case]:
    """Odd arguments for every command."""
    for number in range(count):
        rng = random.Random(f"fuzz arguments {seed} {number}")
        place = _place(folder, f"a{number}")
        yield Case(mutate.arguments(rng), place, {}, typed=rng.choice(("", "y\n", "n\n")))


def _decisions(place: Path) -> bytes:
    """Lines that `export` reads."""
    bars = place / "A.csv"
    bars.write_text(
        "date,open,high,low,close,volume\n" + "".join(f"2024-01-{n:02d},1,2,0.5,1.5,9\n" for n in range(1, 29))
    )
    done = call("backtest", str(bars), "--interval", "1d", "--out", str(place), "-n", "1")
    assert done.code == Exit.OK, done.err
    return (place / DECISIONS).read_bytes()


def _place(folder: Path, name: str) -> Path:
    place = folder / name
    place.mkdir(parents=True)
    return place
