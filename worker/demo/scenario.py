"""The order of events: two workers, a market, a third worker, a kill -9, and the proof."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient

from worker.demo.feed import Feed
from worker.demo.fleet import Fleet
from worker.demo.labels import compare
from worker.demo.member import Member
from worker.demo.pages.served import Pages
from worker.demo.place import Options
from worker.demo.progress import Progress
from worker.demo.screen import Screen
from worker.demo.steps import Step, Steps
from worker.demo.summary import Kill, Summary, label_verdict, verdict
from worker.demo.tail import Tail
from worker.errors import AlphapulseError, DataError
from worker.kafka import topics
from worker.kafka.client import client_options
from worker.operate.create_topics import create
from worker.operate.verify import check_group
from worker.sources.publisher import publish_records

NEXT = 10.0  # seconds within which the next records of a partition come
SAMPLE = 0.3  # seconds between samples
JOIN = 90.0  # seconds for workers to start, join and restore
TAKEOVER = 60.0
CATCH_UP = 120.0
THIRD_JOINS, KILL_COMES = 0.2, 0.4  # of the publishing time


class Scenario:
    """One run on an empty input topic."""

    def __init__(
        self,
        options: Options,
        admin: AIOKafkaAdminClient,
        fleet: Fleet,
        pages: Pages | None,
        steps: Steps,
        screen: Screen,
    ) -> None:
        """Plan it; `pages` are started with the workers, and are to be stopped by the caller."""
        settings = self._settings = fleet.settings
        self._pages = pages
        self._options, self._admin, self._fleet, self._steps, self._screen = options, admin, fleet, steps, screen
        planned = int(options.rate * options.seconds)
        self._feed = Feed(options.symbols, settings.topics.partitions, planned)
        self._tail = Tail(settings, settings.topics.partitions)
        self._progress = Progress(settings, admin, self._tail, fleet)
        self._enough = asyncio.Event()
        self._tasks: list[asyncio.Task[Any]] = []
        self._published_since = 0.0

    async def run(self, summary: Summary) -> None:
        """Run all steps from the topics to the proof, and fill `summary`.

        Raises:
            AlphapulseError: the step at hand failed.
        """
        with self._steps.step("create the topics") as step:
            await create(self._admin, self._settings)
            names, count = self._settings.topics.required, self._settings.topics.partitions
            topics.check(self._settings, await topics.describe(self._admin, self._settings.worker_topics))
            step.text = f"topics {', '.join(names)} with {count} partitions each"
        try:
            async with self._progress:
                self._screen.start()
                await self._play(summary)
        finally:
            self._screen.stop()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _play(self, summary: Summary) -> None:
        with self._steps.step("start two workers") as step:
            if self._pages:
                self._pages.start()
            started = [self._fleet.start_one(), self._fleet.start_one()]
            await self._until(self._fleet.settled, JOIN, "two workers did not share the partitions")
            step.text = "; ".join(_owns(member) for member in started)
        if self._pages:
            with self._steps.step("start the gateway") as step:
                step.text = f"the gateway shows all of it: open {await self._pages.until_answers()} in a browser"
        with self._steps.step("publish, and see the first decisions") as step:
            self._publish()
            await self._until(lambda: self._tail.decided > 0, JOIN, "no decision came out")
            step.text = (
                f"publishing S&P 500 and NASDAQ (real) and {self._options.symbols} simulated symbols with faults, "
                f"{self._options.rate:,.0f}/s"
            )
        await self._join()
        summary.kill = await self._kill()
        await self._finish(summary)
        await self._prove(summary)

    # -- waiting

    async def _until(self, holds: Callable[[], bool], seconds: float, otherwise: str) -> None:
        """Sample until the condition holds.

        Raises:
            AlphapulseError: `otherwise`, after `seconds`; or whatever ended a task behind.
        """
        deadline = time.monotonic() + seconds
        while True:
            self._screen.show(await self._progress.sample())
            for task in self._tasks:
                if task.done():
                    task.result()
            if holds():
                return
            if time.monotonic() >= deadline:
                raise AlphapulseError(f"{otherwise} within {seconds:.0f} s", self._fleet.logs())
            await asyncio.sleep(SAMPLE)

    def _publishing_for(self) -> float:
        return time.monotonic() - self._published_since

    # -- steps

    def _publish(self) -> None:
        options, topic = client_options(self._settings.kafka), self._settings.topics.input
        work = publish_records(options, topic, self._feed, self._options.rate, stop=self._enough)
        self._published_since = time.monotonic()
        self._publishing = asyncio.create_task(work)
        self._tasks += [self._publishing, asyncio.create_task(self._tail.follow())]

    async def _join(self) -> None:
        begin = THIRD_JOINS * self._options.seconds
        with self._steps.step("start a third worker") as step:
            await self._until(lambda: self._publishing_for() >= begin, begin + 10, "publishing did not begin")
            begun = time.monotonic()
            self._fleet.start_one()
            await self._until(self._fleet.settled, JOIN, "three workers did not share the partitions")
            seconds = time.monotonic() - begun
            owners = "; ".join(f"{m.name} owns {_list(m.partitions)}" for m in self._fleet.alive)
            step.text = f"a third worker joined within {seconds:.1f} s: {owners}"

    async def _kill(self) -> Kill:
        victim = self._fleet.members[1]
        begin = KILL_COMES * self._options.seconds
        with self._steps.step(f"kill -9 {victim.name}") as step:
            await self._until(lambda: self._working(victim, begin), begin + JOIN, f"{victim.name} owned no partition")
            victim.kill()
            killed_at = time.monotonic()
            # Its commits are frozen now: what is beyond them waits for a new owner, and more comes.
            shown = await self._progress.sample()
            while self._progress.lag(victim.partitions) <= 0:
                if time.monotonic() - killed_at >= NEXT:
                    raise AlphapulseError(f"{victim.name} had nothing to do when it was killed", "Raise --rate")
                await asyncio.sleep(SAMPLE)
                shown = await self._progress.sample()
            self._screen.show(shown)
            kill = Kill(victim.name, victim.pid, victim.partitions, self._progress.lag(victim.partitions))
            step.text = (
                f"kill -9 {victim.name} (pid {victim.pid}) while {kill.lag:,} records wait in its partitions "
                f"{_list(kill.partitions)}"
            )
        with self._steps.step("wait for the others to take over") as step:
            waiting = {p: self._progress.ends[p] for p in kill.partitions}
            await self._until(lambda: self._taken_over(waiting), TAKEOVER, "no worker took the partitions over")
            kill.takeover_seconds = time.monotonic() - killed_at
            owners = "; ".join(f"{m.name} owns {_list(m.partitions)}" for m in self._fleet.alive)
            step.text = f"taken over, {kill.takeover_seconds:.1f} s after the kill: {owners}"
        return kill

    def _working(self, victim: Member, begin: float) -> bool:
        return self._publishing_for() >= begin and bool(victim.partitions)

    def _taken_over(self, waiting: dict[int, int]) -> bool:
        """Return whether others own everything, and what waited at the kill is committed."""
        return self._fleet.settled() and all(self._progress.committed[p] >= end for p, end in waiting.items())

    async def _finish(self, summary: Summary) -> None:
        with self._steps.step("publish the rest and let the fleet catch up") as step:
            rest = self._options.seconds - self._publishing_for()
            await self._until(
                lambda: self._publishing_for() >= self._options.seconds, max(rest, 0.0) + 10, "publishing did not go on"
            )
            self._enough.set()
            published = await self._publishing
            summary.real, summary.simulated, summary.symbols = self._feed.real, self._feed.simulated, self._feed.symbols
            summary.publish_seconds = published.seconds
            await self._until(lambda: self._progress.lag() == 0, CATCH_UP, "the fleet did not catch up")
            total = published.records
            await self._until(lambda: self._out() >= total, CATCH_UP, "the outcomes could not be read")
            step.text = f"{total:,} records published in {published.seconds:.0f} s, all of them processed"

    def _out(self) -> int:
        return self._tail.decided + self._tail.reasons.total()

    async def _prove(self, summary: Summary) -> None:
        self._screen.stop()
        with self._steps.step("verify that nothing was lost or doubled") as step:
            report = summary.verify = await check_group(self._settings)
            self._check_counts(summary, step)
            if not report.complete:
                raise DataError(verdict(report), "Please report this with the output of `alphapulse doctor`")
        with self._steps.step("compare rejections with the faults put in") as step:
            summary.labels = compare(self._feed.expected, self._tail.rejected)
            step.text = label_verdict(summary.labels)
            if not summary.labels.holds:
                raise DataError(step.text, "Unset engine.* settings: the simulator's labels hold for the default ones")
        view = await self._progress.sample()
        summary.workers = view.workers
        summary.decisions, summary.rejections = dict(self._tail.actions), dict(self._tail.reasons)

    def _check_counts(self, summary: Summary, step: Step) -> None:
        """Compare three counts that were made independently."""
        assert summary.verify is not None
        found = sum(p.inputs for p in summary.verify.partitions)
        step.text = verdict(summary.verify)
        if not found == self._feed.ends.total() == self._out():
            raise DataError(
                f"{self._feed.ends.total():,} records were sent, {found:,} are in the topic, and "
                f"{self._out():,} outcomes were read",
                "Please report this with the output of `alphapulse doctor`",
            )


def _list(partitions: tuple[int, ...]) -> str:
    return ", ".join(map(str, partitions)) or "none"


def _owns(member: Member) -> str:
    return f"{member.name} (pid {member.pid}) owns partitions {_list(member.partitions)}"
