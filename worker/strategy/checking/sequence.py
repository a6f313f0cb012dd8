"""The checks in their order, each with what it shows; the ones whose ground is missing are not run."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator
from typing import NamedTuple

from worker.strategy.checking.checks import answers, figures, loading, outside, restarts, same, warmth
from worker.strategy.checking.desk import Desk
from worker.strategy.checking.report import Check, Figures, Found, Warmth
from worker.strategy.running.observing import warm_up


class Kind(NamedTuple):
    """A check: its name, what it shows where nothing is wrong, and itself."""

    name: str
    shows: str
    run: Callable[[Desk], Found]


LINT = ("lint", "nothing in the source lets two workers decide differently")
PROCESSES = ("processes", "another process, hash seed and time zone: the same bytes")
WARM_UP = ("warm-up", "every indicator becomes known")
# What later ones need comes first; the step is first taken where an endless one is told with its line.
GROUND = (
    Kind("definition", "it loads, and what it declares fits", loading.definition),
    Kind("answers", "nothing raises, nothing is invalid", answers.calm),
    Kind("compile", "it compiles", loading.compiling),
)
KINDS = (
    Kind("outside", "no clock, chance, file or library of the machine is asked", outside.outside),
    Kind("globals", "nothing is kept but its state", outside.keeping),
    Kind("modes", "compiled and in Python: the same bytes", same.modes),
    Kind("future", "with and without later bars, and with others: the same bytes", same.future),
    Kind("batches", "one at a time, by seven, at random, in one: the same bytes", same.batches),
    Kind("restarts", "saved and loaded after each bar: the same bytes", restarts.restarts),
    Kind("markets", "hard bars, and exceptions at random ones: nothing raises, nothing is invalid", answers.hard),
)
# All checks by name, in their order.
SHOWS = dict([LINT, *((kind.name, kind.shows) for kind in (*GROUND, *KINDS)), WARM_UP, PROCESSES])


def ready() -> None:
    """Compile the engine, or load it from the cache: one to two minutes the first time."""
    from worker.engine.partition import PartitionEngine
    from worker.engine.settings import EngineSettings

    PartitionEngine(EngineSettings()).warm_up()
    warm_up()


def run(
    desk: Desk, only: Collection[str] = (), begin: Callable[[str], None] = lambda name: None
) -> Iterator[Check | Figures]:
    """Yield each check when it is done, then the figures; `only` some, by name, with the ground that they need.

    `begin` is told the name of each before it is run.
    """
    for kind in GROUND:
        begin(kind.name)
        check = _run(kind, desk)
        yield check
        if kind.name == "definition" and check.status == "failed":
            return
    for kind in KINDS:
        if not only or kind.name in only:
            begin(kind.name)
            yield _run(kind, desk)
    measured = list[Warmth]()
    if not only or WARM_UP[0] in only:
        begin(WARM_UP[0])

        def measure(desk: Desk) -> Found:
            found, rows = warmth.warmth(desk)
            measured.extend(rows)
            return found

        yield _run(Kind(*WARM_UP, measure), desk)
    if not only:
        begin("figures")
        yield figures.figures(desk, measured)


def _run(kind: Kind, desk: Desk) -> Check:
    begun = time.perf_counter()
    found = kind.run(desk)
    return checked((kind.name, kind.shows), found, time.perf_counter() - begun)


def checked(named: tuple[str, str], found: Found, seconds: float = 0.0) -> Check:
    """Return a check with what it has found."""
    return Check(*named, "failed" if found.faults else "ok", list(found.faults), list(found.notes), round(seconds, 3))
