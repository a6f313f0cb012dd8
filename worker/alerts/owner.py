"""The alerts in the hands of their owner: fence, restore, then a transaction for each step."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

from aiokafka import TopicPartition

from schemas.alert import Alert
from worker.alerts.configuration.plan import Plan
from worker.alerts.core import Core, Written
from worker.alerts.delivery.addresses import addresses
from worker.alerts.delivery.book import Book, Entries, Job, Rules
from worker.alerts.delivery.notifier import Attempted, Notifier
from worker.alerts.evaluation.records import Record
from worker.alerts.fleet.sampler import Sampler
from worker.alerts.inputs import Inputs, Sources
from worker.alerts.records import Writer
from worker.alerts.restoring import Restoring
from worker.alerts.routing.dispatch import Sent
from worker.errors import BrokerUnavailable
from worker.kafka.errors import FAILURES, OutcomeUnknown, meaning
from worker.kafka.protocol.offsets import Membership
from worker.kafka.reader import Reader, Truncated
from worker.leading.copy import StateCopy
from worker.leading.ledger import Ledger
from worker.leading.team import Team
from worker.settings import Settings
from worker.stream.failpoints import failpoint
from worker.telemetry.metrics import METRICS

log = logging.getLogger(__name__)
DRAIN = 0.5  # seconds for attempts that are under way when the ownership ends
PRUNE = 60.0  # seconds between two removals of old outcomes
DAY_MS = 86_400_000


class Means(NamedTuple):
    """What a process gives its owner."""

    options: dict[str, Any]  # of every client
    batch_bytes: int
    sources: Sources
    plan: Plan
    member: Callable[[], Membership]


class Owner:
    """One ownership, from the fence to its end; a failed commit ends it, and the next one restores."""

    def __init__(self, settings: Settings, team: Team, means: Means, copy: StateCopy) -> None:
        self._settings, self._team, self._means, self._copy = settings, team, means, copy
        self._writer = Writer(settings)
        self._opened = AsyncExitStack()
        self._halted = asyncio.Event()
        self._core: Core
        self._prune_at = 0.0
        self._counted: dict[str, int] = {}
        self._refused = 0

    def halt(self) -> None:
        """End `run` once the transaction in flight is over."""
        self._halted.set()

    async def open(self) -> None:
        """Fence the former owner, restore the rules and take up what is to be delivered.

        Raises:
            Fenced, OutcomeUnknown, AlphapulseError: as `Ledger.write`.
        """
        begun, means = time.monotonic(), self._means
        self._ledger = Ledger(self._team, self._settings, means.options, means.batch_bytes, means.member)
        self._opened.push_async_callback(self._ledger.stop)
        barrier = await self._ledger.open()
        try:
            await self._restored(barrier)
            await self._follow()
        except Truncated as lost:  # since our write there
            raise OutcomeUnknown(str(lost)) from lost
        except BrokerUnavailable as error:
            raise OutcomeUnknown(error.message) from error
        except FAILURES as error:
            raise meaning(error, self._team.state_topic) from error
        seconds = time.monotonic() - begun
        METRICS.state_restore_seconds.observe(seconds)
        log.info("owner of the alerts", extra={"step": self._core.number, "seconds": round(seconds, 3)})

    async def _restored(self, barrier: int) -> None:
        settings, plan = self._settings, self._means.plan
        found = addresses(plan, self._told)
        given = settings.alerts
        self._book = Book(
            Rules(found.expand, plan.fallback, given.give_up_seconds * 1000, given.keep_deliveries_days * DAY_MS)
        )
        self._notifier = Notifier(found.receivers, given.retry_min_ms / 1000, given.retry_max_ms / 1000)
        self._opened.push_async_callback(self._notifier.stop)
        async with Reader(self._means.options) as reader:
            await self._copy.catch_up(reader, barrier + 1)
            failpoint("restoring")
            restoring = Restoring(settings, plan, self._means.sources)
            self._core = await restoring.restore(reader, self._copy.records)
            jobs = self._book.load(await self._deliveries(reader))
        for job in jobs:
            if not self._notifier.put(job):
                log.warning("a message waits for a receiver that is gone", extra={"receiver": job.delivery.receiver})

    async def _deliveries(self, reader: Reader) -> Sequence[tuple[str, bytes]]:
        tp = TopicPartition(self._settings.topics.messages, 0)
        newest: dict[str, bytes] = {}
        async for batch in reader.batches(tp, stop=await reader.leaders.end(tp, committed=False)):
            for record in batch:
                key = (record.key or b"").decode(errors="replace")
                newest.pop(key, None)
                if record.value is not None:
                    newest[key] = record.value
        return list(newest.items())

    async def _follow(self) -> None:
        options = self._means.options
        self._inputs = Inputs(options, self._means.sources, self._core.cut)
        self._opened.push_async_callback(self._inputs.stop)
        await self._inputs.start()
        self._sampler = Sampler(self._settings, options, self._means.plan)
        self._opened.push_async_callback(self._sampler.stop)
        self._sampler.start()
        self._notifier.start()

    def _told(self, receiver: str) -> Sequence[Alert]:
        return self._core.told(receiver)

    async def run(self) -> None:
        """Take a step after the other until halted.

        Raises:
            Fenced, OutcomeUnknown, AlphapulseError: as `Ledger.write`.
        """
        each = self._settings.alerts.step_ms / 1000
        while not self._halted.is_set():
            begun = time.monotonic()
            records = await self._inputs.poll(each, self._notifier.some)
            if (ended := self._notifier.ended) is not None:
                raise ended
            await self._step(records)
            if records and (rest := begun + each - time.monotonic()) > 0.0:
                await asyncio.wait({asyncio.ensure_future(self._pause(rest))})
        await self._drained()

    async def _pause(self, seconds: float) -> None:
        # What comes meanwhile is one step; a result of a delivery does not wait for it.
        try:
            async with asyncio.timeout(seconds):
                await self._notifier.some.wait()
        except TimeoutError:
            return

    async def _drained(self) -> None:
        """Commit what comes of the attempts that are under way."""
        end = time.monotonic() + DRAIN
        while self._notifier.busy and (left := end - time.monotonic()) > 0.0:
            await self._pause(left)
            if results := self._notifier.take():
                await self._commit(None, results, int(time.time() * 1000))

    async def _step(self, records: Sequence[Record]) -> None:
        begun, now = time.perf_counter(), int(time.time() * 1000)
        written = self._core.step(now, records, self._sampler.take())
        METRICS.alerts_step_seconds.observe(time.perf_counter() - begun)
        results = self._notifier.take()
        if written.step is not None or results or time.monotonic() >= self._prune_at:
            await self._commit(written if written.step is not None else None, results, now)

    async def _commit(self, written: Written | None, results: Sequence[Attempted], now: int) -> None:
        begun = time.monotonic()
        placed = [*self._writer.step(written)] if written is not None else []
        entries: Entries = []
        jobs: list[Job] = []
        again: list[Job | None] = []
        for one in results:
            job, more, records = self._book.settle(one.job, one.result, now)
            again.append(job)
            jobs, entries = jobs + more, entries + records
        if written is not None:
            more, records = self._book.queue(self._wanted(written.sent), now)
            jobs, entries = jobs + more, entries + records
        if begun >= self._prune_at:
            entries += self._book.prune(now)
            self._prune_at = begun + PRUNE
        placed += self._writer.deliveries(entries, now)
        if not placed:
            return
        await self._ledger.write(placed)
        for one, job in zip(results, again, strict=True):
            one.committed.set_result(job)
        for job in jobs:
            self._notifier.put(job)
        METRICS.transactions.labels("committed").inc()
        METRICS.commit_duration_seconds.observe(time.monotonic() - begun)
        self._count(written)

    def _wanted(self, sent: Sequence[Sent]) -> list[Sent]:
        """Return messages without the receivers that do not want to know of ends alone."""
        known, found = self._means.plan.receivers, []
        for one in sent:
            to = tuple(name for name in one.receivers if one.message.firing or known[name].resolved)
            if to:
                found.append(one._replace(receivers=to))
        return found

    def _count(self, written: Written | None) -> None:
        if written is None:
            return
        METRICS.alerts_steps.inc()
        for alert, _ in written.alerts:
            METRICS.alerts_changes.labels(alert.state).inc()
        METRICS.alerts_open.set(len(self._core.open))
        for source, count in self._core.unreadable.items():
            METRICS.alerts_unreadable.labels(source).inc(count - self._counted.get(source, 0))
            self._counted[source] = count
        METRICS.alerts_refused.inc(self._core.refused - self._refused)
        self._refused = self._core.refused

    async def close(self) -> None:
        """Release all connections."""
        await self._opened.aclose()
