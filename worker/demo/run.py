"""One run of the demo, from an empty machine to a clean one, also when it is interrupted."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import NamedTuple

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from worker.demo.crash.act import Act
from worker.demo.crash.fleet import Watched, beside
from worker.demo.fleet import Fleet
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
            _run_async(reach(place.settings.kafka))
            step.text = (
                f"Kafka answers at {options.bootstrap}; all names here begin with {place.settings.topics.prefix}"
            )
    with steps.step("load the engine") as step:
        compiled = engine.wait(screen)
        step.text = "engine compiled" if compiled else "engine ready, its kernels come from the cache"
    fleets = Fleets(Fleet(place.settings, logs), Watched(beside(place.settings), logs / "crash"))
    for fleet in fleets:
        stack.callback(fleet.close)
    summary = Summary(_where(place, options))
    _run_async(_play(place, options, fleets, steps, screen, summary))
    return summary


class Fleets(NamedTuple):
    """The demo's two fleets, one after the other."""

    market: Fleet
    crash: Watched


async def _play(place: Place, options: Options, fleets: Fleets, steps: Steps, screen: Screen, summary: Summary) -> None:
    async with admin_client(place.settings.kafka) as admin:
        keep = False
        try:
            await Scenario(options, admin, fleets.market, steps, screen).run(summary)
            with steps.step("stop the workers") as step:
                await fleets.market.stop()
                step.text = "the two remaining workers drained, left the group and ended"
            summary.crash = await Act(admin, fleets.crash, steps, screen).run()
            with steps.step("stop the workers and the monitor") as step:
                await fleets.crash.stop()
                step.text = "these two workers and the monitor ended too"
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


def _run_async(work: Awaitable[object]) -> None:
    import uvloop

    if uvloop.run(_until_signal(work)):
        raise KeyboardInterrupt


async def _until_signal(work: Awaitable[object]) -> bool:
    """Do the work, and return whether a signal cut it short."""
    loop, task, interrupted = asyncio.get_running_loop(), asyncio.current_task(), False
    assert task is not None

    def stop() -> None:
        nonlocal interrupted
        if not interrupted:
            interrupted = True
            task.cancel()

    for number in _SIGNALS:
        loop.add_signal_handler(number, stop)
    try:
        await work
    except BaseException:
        if not interrupted:
            raise
    return interrupted
