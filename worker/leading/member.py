"""One membership in a team: the owner of its one partition leads, the others stand by."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition

from worker.errors import TryAgain
from worker.kafka.backoff import BackOff
from worker.kafka.deadline import Deadline, within
from worker.kafka.errors import FAILURES, Fenced, OutcomeUnknown, meaning
from worker.leading.copy import StateCopy
from worker.leading.pulse import BEAT, Pulse
from worker.leading.team import Team
from worker.settings import Settings
from worker.stream.polling import Polling
from worker.telemetry.metrics import METRICS

log = logging.getLogger(__name__)
POLL = 0.5  # seconds
MAX_TROUBLE = 10.0  # seconds between two attempts to own


class Owner(Protocol):
    """One ownership, from the fence to its end; a failed commit ends it, and the next one restores."""

    def halt(self) -> None:
        """End `run` once the transaction in flight is over."""

    async def open(self) -> None:
        """Fence the former owner and restore.

        Raises:
            Fenced, OutcomeUnknown, AlphapulseError: as `Ledger.write`.
        """

    async def run(self) -> None:
        """Lead until halted.

        Raises:
            Fenced, OutcomeUnknown, AlphapulseError: as `Ledger.write`.
        """

    async def close(self) -> None:
        """Release all connections."""


class Member(ConsumerRebalanceListener):
    """From the join to the leave; it ends with a stop, with a failure, or to rejoin."""

    def __init__(
        self,
        team: Team,
        consumer: AIOKafkaConsumer,
        settings: Settings,
        options: dict[str, Any],
        new_owner: Callable[[StateCopy], Owner],
        copy: StateCopy,
        pulse: Pulse,
    ) -> None:
        self.joined = False
        self.owns = False  # restored, and leading
        self.last_commit_ok = True
        self._team, self._consumer, self._options, self._new_owner = team, consumer, options, new_owner
        self._copy, self._pulse, self._polling = copy, pulse, Polling(consumer, settings)
        self._topic, self._seconds = team.state_topic, settings.processing.rebalance_timeout_ms / 2000
        self._assigned = asyncio.Event()
        self._owner: Owner | None = None
        self._idle = asyncio.Event()  # no transaction is in flight, and none begins
        self._idle.set()
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._leaving = False
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def ready(self) -> bool:
        """Whether it leads, restored, or stands by with the state read to its end."""
        return self.owns if self._assigned.is_set() else self._copy.reached

    # -- rebalance: aiokafka calls these in the coordinator's task and swallows their exceptions

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """End the ownership: wait for the transaction in flight."""
        try:
            self._pulse.beat(self._owner is not None)
        except TryAgain as frozen:
            self._fail(frozen)
        self._assigned.clear()
        await self._halted(self._seconds)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Only note it: heartbeats wait for this callback."""
        self.joined = True
        METRICS.rebalances.inc()
        METRICS.assigned_partitions.set(len(assigned))
        for tp in assigned:
            # Seek and pause: else the client looks up an offset, and fetches what the owner reads by itself.
            self._consumer.seek(tp, 0)
            self._consumer.pause(tp)
        if assigned:
            self._assigned.set()
        log.info("assigned" if assigned else f"standby: another member owns {self._team.what}")

    def _fail(self, error: BaseException) -> None:
        if not self._failed.done():
            self._failed.set_exception(error)
            self._failed.exception()  # looked at, whether or not `run` gets to raise it

    async def _halted(self, seconds: float) -> bool:
        if self._owner is not None:
            self._owner.halt()
        return await within(seconds, self._idle.wait())

    # -- the loops

    async def start(self) -> None:
        """Join the group.

        Raises:
            AlphapulseError: the group or the brokers permanently refuse this member.
        """
        await self._polling.start()

    async def run(self, asked: asyncio.Event) -> None:
        """Poll, and lead while the group says so, until a stop is `asked` or the member must rejoin.

        Raises:
            AlphapulseError: no retry can help, or this process must begin anew.
            KafkaError: the membership is lost.
        """
        stop = asyncio.ensure_future(asked.wait())
        tasks: set[asyncio.Future[None]] = {
            asyncio.create_task(self._poll(stop), name="poll"),
            asyncio.create_task(self._serve(), name="serve"),
            asyncio.create_task(self._beat(), name="pulse"),
        }
        try:
            ends: set[asyncio.Future[Any]] = {stop, self._failed, *tasks}
            done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            self._leaving = True
            await self._halted(self._seconds if self.owns else 0.0)
            for task in done:
                task.result()
        finally:
            stop.cancel()
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def _beat(self) -> None:
        self._pulse.begin()
        while True:
            await asyncio.sleep(BEAT)
            self._pulse.beat(self._owner is not None)

    async def _poll(self, stop: asyncio.Future[Any]) -> None:
        while not self._polling.over:
            # The partition is paused: naming it fetches nothing, but counts as polling.
            named = sorted(self._consumer.assignment())
            await self._polling.poll(named, POLL, {stop, self._failed})
            METRICS.last_poll_timestamp_seconds.set_to_current_time()
            if stop.done() or self._failed.done():
                return

    async def _serve(self) -> None:
        trouble = BackOff(0.1, MAX_TROUBLE)
        while not self._leaving:
            if not self._assigned.is_set():
                await self._stand_by()
            try:
                await self._own(trouble)
            except OutcomeUnknown as unknown:
                self.last_commit_ok = False
                METRICS.transactions.labels("unknown").inc()
                log.warning("opened again: an outcome is unknown", extra={"cause": str(unknown)})
                await asyncio.sleep(trouble.next())  # the failure may last

    async def _stand_by(self) -> None:
        following = self._in_background(self._copy.follow(self._options))
        try:
            await self._assigned.wait()
        finally:
            following.cancel()  # and not waited for: closing its connections may take a second

    def _in_background(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(work)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)
        return task

    async def _own(self, trouble: BackOff) -> None:
        owner = self._owner = self._new_owner(self._copy)
        self._idle.clear()
        try:
            await owner.open()
            self.owns = self.last_commit_ok = True
            self._team.owner.set(1)
            trouble.reset()
            await owner.run()
        except FAILURES as error:
            failure = meaning(error, self._topic)
            if isinstance(failure, Fenced):
                METRICS.transactions.labels("fenced").inc()
                raise TryAgain(
                    f"another member owns {self._team.what}: {failure}",
                    "Restart this one; it then waits as the standby",
                ) from error
            if failure is error:
                raise
            raise failure from error
        finally:
            self._owner, self.owns = None, False
            self._team.owner.set(0)
            self._idle.set()
            self._in_background(owner.close())

    async def close(self, deadline: Deadline) -> None:
        """Release what is left before the deadline."""
        if self._closing:
            await within(deadline.left(), asyncio.gather(*self._closing, return_exceptions=True))
