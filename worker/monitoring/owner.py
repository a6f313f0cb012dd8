"""The portfolio in the hands of its owner: fence, restore, then a transaction for each step."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

import msgspec

from schemas.portfolio import Entered
from worker.engine.settings import EngineSettings
from worker.errors import BrokerUnavailable, ConfigError, DataError
from worker.kafka.errors import FAILURES, OutcomeUnknown, meaning
from worker.kafka.protocol.offsets import Membership
from worker.kafka.reader import Reader, Truncated
from worker.leading.copy import StateCopy
from worker.leading.ledger import Ledger
from worker.leading.team import Team
from worker.monitoring import inputs
from worker.monitoring.decisions import Decisions
from worker.monitoring.inbox import Acknowledgements, Operators, following
from worker.monitoring.records import Step, Writer
from worker.monitoring.restoring import Restored, Restoring, Sources, anew
from worker.risk.monitor import Monitor
from worker.settings import Settings
from worker.stream.failpoints import failpoint
from worker.telemetry.metrics import METRICS

log = logging.getLogger(__name__)
POLL = 0.1  # seconds
MOST, MOST_BYTES = 100, 8_388_608  # steps, and bytes of state, in a transaction while more than one step is due


class Means(NamedTuple):
    """What a member gives its owner."""

    options: dict[str, Any]  # of every client
    batch_bytes: int
    sources: Sources
    member: Callable[[], Membership]
    rebuild: bool


class Owner:
    """One ownership, from the fence to its end; a failed commit ends it, and the next one restores."""

    def __init__(self, settings: Settings, team: Team, engine: EngineSettings, means: Means, copy: StateCopy) -> None:
        self._settings, self._team, self._means, self._copy = settings, team, means, copy
        self._restoring = Restoring(settings, engine, means.options, means.sources, means.rebuild)
        self._writer = Writer(settings, means.sources.control)
        self._opened = AsyncExitStack()
        self._failure: BaseException | None = None
        self._halted = asyncio.Event()
        self._lagging: list[int] = []
        self._repeat_at = 0.0  # monotonic seconds
        self._monitor: Monitor
        self._inputs: inputs.Inputs
        self._saved: inputs.Inputs | None = None  # as the state topic has them

    def halt(self) -> None:
        """End `run` once the transaction in flight is over."""
        self._halted.set()

    async def open(self) -> None:
        """Fence the former owner and restore the monitor.

        Raises:
            Fenced, OutcomeUnknown, AlphapulseError: as `Ledger.write`.
        """
        begun, means = time.monotonic(), self._means
        self._ledger = Ledger(self._team, self._settings, means.options, means.batch_bytes, means.member)
        self._opened.push_async_callback(self._ledger.stop)
        barrier = await self._ledger.open()
        try:
            restored = await self._restored(barrier)
            await self._follow(restored)
        except Truncated as lost:  # since our write there
            raise OutcomeUnknown(str(lost)) from lost
        except BrokerUnavailable as error:
            raise OutcomeUnknown(error.message) from error
        except FAILURES as error:
            raise meaning(error, self._settings.topics.output) from error
        seconds = time.monotonic() - begun
        METRICS.state_restore_seconds.observe(seconds)
        told = {"number": self._monitor.number, "step": self._monitor.ts, "seconds": round(seconds, 3)}
        log.info("owner of the portfolio", extra=told)

    async def _restored(self, barrier: int) -> Restored:
        async with Reader(self._means.options) as reader:
            await self._copy.catch_up(reader, barrier + 1)
            failpoint("restoring")
            restored = await self._restoring.restore(reader, self._copy.records)
        self._monitor, self._inputs = restored.monitor, restored.inputs
        self._saved = None if restored.began else restored.inputs
        if restored.rebuilt:
            await self._ledger.write(self._writer.state(restored.rebuilt.items(), self._monitor.ts))
            self._copy.forget()
        return restored

    async def _follow(self, restored: Restored) -> None:
        options, topics, begun = self._means.options, self._settings.topics, restored.inputs
        self._operators = Operators(self._settings.risk_name, begun.control_cut)
        self._acknowledged = Acknowledgements(begun.audit_cut)
        for topic, partitions, table in (
            (topics.limits, self._means.sources.control, self._operators),
            (topics.acts, 1, self._acknowledged),
        ):
            await self._opened.enter_async_context(following(options, topic, partitions, table, self._ended))
        if restored.began and self._operators.own:
            raise DataError(
                f"{topics.limits} has limits of this monitor, but neither {topics.figures} nor "
                f"{self._settings.risk_state_topic} has any record of it",
                f"Check topics.prefix, risk.name and the group; to go on without them, {anew()}",
            )
        self._operators.following = True
        self._decisions = Decisions(
            options,
            topics.output,
            self._monitor.cut,
            self._settings.risk.lag_seconds,
            self._settings.risk.wait_ms / 1000,
            self._settings.processing.fast_path,
        )
        self._opened.push_async_callback(self._decisions.stop)
        await self._decisions.start()

    def _ended(self, failure: BaseException | None) -> None:
        self._failure = self._failure or failure
        self.halt()

    async def run(self) -> None:
        """Take every step that is due until halted.

        Raises:
            Fenced, OutcomeUnknown, AlphapulseError: as `Ledger.write`.
        """
        while not self._halted.is_set():
            await self._decisions.poll(POLL)
            while not self._halted.is_set() and (steps := await self._due()):
                await self._commit(steps)
        if self._failure is not None:
            raise self._failure

    async def _due(self) -> list[Step]:
        steps: list[Step] = []
        size = 0
        while len(steps) < MOST and size < MOST_BYTES and not self._halted.is_set():
            if (step := self._step()) is None:
                break
            steps.append(step)
            size += sum(len(value) for _, value in step.output.state)
            await asyncio.sleep(0)  # for the heartbeats
        return steps

    def _step(self) -> Step | None:
        if self._operators.rival is not None:
            raise ConfigError(
                f"another monitor, {self._operators.rival!r}, writes limits to {self._settings.topics.limits}",
                "Stop one of the two: each portfolio needs a topics.prefix of its own",
            )
        now = int(time.time() * 1000)
        monitor, backlog = self._monitor, self._decisions.backlog
        lagging = backlog.lagging()
        ts = backlog.due(monitor, now, self._settings.risk.wait_ms)
        repeats = monitor.number > 0 and time.monotonic() >= self._repeat_at
        if ts is None and monitor.number > 0:
            new = repeats or len(self._operators) or len(self._acknowledged) or lagging != self._lagging
            ts = monitor.ts if new else None
        if ts is None:
            return None
        if repeats:
            self._repeat_at = time.monotonic() + self._settings.risk.repeat_seconds
        self._lagging = lagging
        entered = Entered(
            self._acknowledged.take(),
            self._operators.take(),
            lagging,
            now if repeats else None,
            ts == monitor.ts and monitor.late,
        )
        begun = time.perf_counter()
        output = monitor.advance(ts, entered)
        METRICS.risk_step_seconds.observe(time.perf_counter() - begun)
        return Step(monitor.number, ts, now if repeats else ts, output)

    async def _commit(self, steps: list[Step]) -> None:
        begun = time.monotonic()
        records = list(self._writer.records(steps))
        found = msgspec.structs.replace(
            self._inputs, control_cut=self._operators.entered, audit_cut=self._acknowledged.entered
        )
        if found != self._saved:
            records += self._writer.state([(inputs.KEY, found.encoded())], steps[-1].ts)
        await self._ledger.write(records)
        self._inputs = self._saved = found
        METRICS.transactions.labels("committed").inc()
        METRICS.commit_duration_seconds.observe(time.monotonic() - begun)
        METRICS.count_steps(len(steps), sum(len(step.output.controls) for step in steps), steps[-1].ts)

    async def close(self) -> None:
        """Release all connections."""
        await self._opened.aclose()
