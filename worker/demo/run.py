"""One run of the demo, from an empty machine to a clean one, also when it is interrupted."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from worker.demo import archive
from worker.demo.crash.act import Act
from worker.demo.crash.fleet import Watched, beside
from worker.demo.endless import RISK, WORKERS, Endless
from worker.demo.fleet import Fleet
from worker.demo.pages.served import Pages, free_port, installed
from worker.demo.place import Engine, Options, Place, find_place, folder
from worker.demo.scenario import Scenario
from worker.demo.screen import Screen
from worker.demo.steps import Steps
from worker.demo.summary import Summary, Where
from worker.kafka.preflight import admin_client, reach
from worker.kafka.topics import wanted, wanted_by_operators, wanted_by_risk

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


def run_demo(options: Options, screen: Screen) -> Summary:
    """Run the whole demo, and return when processes, topics and files are gone (or kept, when asked).

    Raises:
        AlphapulseError: a step failed.
        KeyboardInterrupt: SIGINT or SIGTERM came; all is cleaned up.
    """
    begun, steps = time.monotonic(), Steps(screen)
    with _signals_interrupt(), ExitStack() as stack:
        try:
            stack.callback(screen.stop)
            summary = _run(options, screen, steps, stack)
        finally:
            _ignore_signals()  # cleaning up takes a moment and must not be cut short
    summary.steps, summary.seconds = steps.done, time.monotonic() - begun
    return summary


def _run(options: Options, screen: Screen, steps: Steps, stack: ExitStack) -> Summary:
    logs = stack.enter_context(folder())
    engine = Engine(logs)
    stack.callback(engine.close)
    place = find_place(options, steps, stack)
    if options.bootstrap is not None:
        with steps.step(f"reach Kafka at {options.bootstrap}") as step:
            _run_async(lambda _: reach(place.settings.kafka))
            step.text = (
                f"Kafka answers at {options.bootstrap}; all names here begin with {place.settings.topics.prefix}"
            )
    with steps.step("load the engine") as step:
        compiled = engine.wait(screen)
        step.text = "engine compiled" if compiled else "engine ready, its kernels come from the cache"
    live = Watched(beside(place.settings, "live", RISK), logs / "live", WORKERS)
    fleets = Fleets(Fleet(place.settings, logs), Watched(beside(place.settings), logs / "crash"), live)
    lake = logs / "archive"
    pages = Pages(fleets.market, free_port(), archive=lake) if installed() else None
    later = Pages(fleets.live, 0, after=pages, archive=lake) if pages and options.keep else None
    for fleet in fleets:
        stack.callback(fleet.close)
    for gateway in filter(None, (pages, later)):
        stack.callback(gateway.close)
    summary = Summary(_where(place, options))
    run = Run(place, options, fleets, pages, later, steps, screen, summary, lake)
    _run_async(lambda signals: _play(run, signals))
    return summary


class Fleets(NamedTuple):
    """The demo's fleets, one after the other; the last one only with `--keep`."""

    market: Fleet
    crash: Watched
    live: Watched


class Run(NamedTuple):
    """The parts of one run."""

    place: Place
    options: Options
    fleets: Fleets
    pages: Pages | None  # without the packages of the gateway there are none
    later: Pages | None  # of the market that goes on
    steps: Steps
    screen: Screen
    summary: Summary
    archive: Path  # folder of its tables


async def _play(run: Run, signals: Signals) -> None:
    place, options, fleets, steps, screen = run.place, run.options, run.fleets, run.steps, run.screen
    async with admin_client(place.settings.kafka) as admin:
        keep = False
        try:
            await Scenario(options, admin, fleets.market, run.pages, steps, screen).run(run.summary)
            with steps.step("stop the workers") as step:
                await fleets.market.stop()
                step.text = "the two remaining workers drained, left the group and ended"
            run.summary.crash = await Act(admin, fleets.crash, steps, screen).run()
            with steps.step("stop the workers and the monitor") as step:
                await fleets.crash.stop()
                step.text = "these two workers and the monitor ended too"
            if archive.installed():
                # Not the market's: its daily bars have a date each, and a table has a folder a date.
                run.summary.archive = await archive.archive_demo(fleets.crash.settings, run.archive, steps)
            if run.pages:
                await run.pages.stop()
            if run.later:
                await Endless(admin, fleets.live, run.later, steps, screen, signals.gentle()).run()
                with steps.step("stop the market") as step:
                    await run.later.stop()
                    await fleets.live.stop()
                    step.text = "its workers, its monitor and the gateway ended"
            keep = options.keep
        finally:
            if place.shared and not keep:
                for fleet in fleets:
                    fleet.close()
                await _delete_topics(admin, fleets)


async def _delete_topics(admin: AIOKafkaAdminClient, fleets: Fleets) -> None:
    market, crash = fleets.market.settings, fleets.crash.settings
    names = [*wanted(market), *wanted_by_operators(market), *wanted(crash), *wanted_by_risk(crash)]
    with suppress(KafkaError):  # what led here matters more; the names are unique and harm nobody
        await admin.delete_topics(names)


def _where(place: Place, options: Options) -> Where:
    s = place.settings
    names = (s.kafka.bootstrap_servers, s.topics.prefix, s.processing.group, s.topics.partitions)
    return Where(*names, kept=options.keep, daemon=place.daemon)


# -- signals: outside of the event loop they raise, inside they cancel, while cleaning up they wait


@contextmanager
def _signals_interrupt() -> Iterator[None]:
    before = {number: signal.signal(number, signal.default_int_handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ignore_signals() -> None:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)


class Signals:
    """What a signal does: it cancels the work, or first asks it to end where the work can do so in good order."""

    def __init__(self, cancel: Callable[[], object]) -> None:
        self.interrupted = False
        self._cancel = cancel
        self._asked: asyncio.Event | None = None

    def gentle(self) -> asyncio.Event:
        """Return the event that the next signal sets."""
        self._asked = asyncio.Event()
        return self._asked

    def came(self) -> None:
        """Take a signal."""
        if self._asked is not None and not self._asked.is_set():
            self._asked.set()
        elif not self.interrupted:
            self.interrupted = True
            self._cancel()


def _run_async(work: Callable[[Signals], Awaitable[object]]) -> None:
    import uvloop

    if uvloop.run(_until_signal(work)):
        raise KeyboardInterrupt


async def _until_signal(work: Callable[[Signals], Awaitable[object]]) -> bool:
    """Do the work, and return whether a signal cut it short."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    signals = Signals(task.cancel)
    for number in _SIGNALS:
        loop.add_signal_handler(number, signals.came)
    try:
        await work(signals)
    except BaseException:
        if not signals.interrupted:
            raise
    return signals.interrupted
