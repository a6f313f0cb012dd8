"""One process of a team: preflight, warm-up, probes, then memberships until a stop."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from aiokafka import AIOKafkaConsumer

from worker.errors import AlphapulseError, ConfigError, Exit
from worker.kafka.errors import FAILURES
from worker.kafka.protocol.offsets import Membership
from worker.kafka.rejoining import Rejoining
from worker.kafka.seams import stop_consumer
from worker.kafka.seams.clients import membership
from worker.leading.copy import StateCopy
from worker.leading.member import Member, Owner
from worker.leading.pulse import Pulse
from worker.leading.team import Team
from worker.settings import Settings
from worker.stream.consumer import group_consumer
from worker.stream.process import calm_garbage_collector, check_timings
from worker.stream.shutdown import Shutdown, leave_at_once, unless_asked
from worker.stream.watch.topics import watching
from worker.telemetry.metrics import METRICS
from worker.telemetry.probes import Probes
from worker.version import __version__

log = logging.getLogger(__name__)
LEAVE_SECONDS = 3.0  # leaving the group takes milliseconds; the rest is closing sockets
LIVE = 60.0  # seconds for which the event loop may stand still


class Checked(NamedTuple):
    """The results of a duty's preflight."""

    options: dict[str, Any]  # of every Kafka client
    watched: tuple[str, ...]  # topics that must neither vanish nor be recreated


class Duty(Protocol):
    """What a team's leader does."""

    @property
    def config_hash(self) -> str:
        """Hash of the settings that decide what comes out; empty where there is none."""

    async def preflight(self) -> Checked:
        """Check the topics, rights and files that it needs.

        Raises:
            AlphapulseError: a check failed.
        """

    def warm_up(self) -> None:
        """Do what would hold up heartbeats: it runs before the join."""

    def new_owner(self, copy: StateCopy, member: Callable[[], Membership]) -> Owner:
        """Return a new ownership in the name of a `member`; `copy` has the state as far as it was read."""

    def recreated(self, topic: str, settings: Settings) -> ConfigError:
        """Return the error to stop with when a watched topic was recreated."""

    def facts(self) -> dict[str, Any]:
        """Return what a starting process prints with `--json`, without what all have."""


class LeaderProcess:
    """A member of a team. `run` returns after a requested stop, with no transaction open."""

    def __init__(
        self, settings: Settings, team: Team, duty: Duty, started: Callable[[dict[str, Any]], None] | None = None
    ) -> None:
        """Create the process; `started` is called with the duty's facts just before it joins the group."""
        own = {"group": team.group, "guarantee": "exactly_once", "group_instance_id": None}
        # The helpers of workers speak of the group of their settings, and of no static member.
        processing = settings.processing.model_copy(update=own)
        self._settings = settings.model_copy(update={"processing": processing})
        self._team, self._duty, self._tell_started = team, duty, started
        self._copy = StateCopy(team.state_topic)
        self._pulse = Pulse(team.what, processing.session_timeout_ms / 1000)
        self._options: dict[str, Any] = {}
        self._member: Member | None = None
        self._failure: BaseException | None = None
        self._shutdown = Shutdown(processing.shutdown_timeout_ms / 1000)
        self._rejoining = Rejoining(team.state_topic)
        self._started = False
        self._probes = Probes(settings.ops, self._live, self._ready, lambda: self._started)

    async def run(self) -> Exit:
        """Work until SIGTERM or SIGINT.

        Raises:
            AlphapulseError: a failure with a known cause; no transaction is half done.
        """
        begun = time.monotonic()
        check_timings(self._settings)
        METRICS.build_info.labels(__version__, self._duty.config_hash).set(1)
        leave_at_once()
        self._options, watched = await self._duty.preflight()
        self._duty.warm_up()
        calm_garbage_collector()
        await self._probes.start()
        async with watching(self._options, watched, self._settings, self._task_ended, self._duty.recreated):
            self._shutdown.install()
            self._started = True
            if self._tell_started:
                self._tell_started(self._duty.facts() | {"probes": self._probes.url})
            await self._memberships()
        await self._probes.stop()
        self._shutdown.code = Exit.OK
        if self._failure:
            self._shutdown.code = getattr(self._failure, "exit_code", Exit.UNEXPECTED)
            raise self._failure
        log.info("stopped", extra={"seconds": round(time.monotonic() - begun, 1)})
        return Exit.OK

    def _task_ended(self, failure: BaseException | None) -> None:
        self._failure = self._failure or failure
        self._shutdown.asked.set()

    async def _memberships(self) -> None:
        while not self._shutdown.asked.is_set() and self._failure is None:
            await self._rejoining.wait(self._shutdown.asked)
            if not self._shutdown.asked.is_set():
                await self._membership()
        self._shutdown.begin()

    async def _membership(self) -> None:
        consumer = group_consumer(self._settings, self._options)
        member = self._member = self._new_member(consumer)
        consumer.subscribe([self._team.state_topic], listener=member)
        begun = time.monotonic()
        try:
            if await unless_asked(member.start(), self._shutdown.asked):
                await member.run(self._shutdown.asked)
        except AlphapulseError as failure:
            self._failure = self._failure or failure
        except FAILURES as error:
            self._failure = self._failure or self._rejoining.lost(error, time.monotonic() - begun)
        else:
            self._rejoining.ended()
        finally:
            deadline = self._shutdown.of_membership()
            await stop_consumer(consumer, deadline.left(LEAVE_SECONDS))  # first: the standby waits for it
            await member.close(deadline)

    def _new_member(self, consumer: AIOKafkaConsumer) -> Member:
        def named() -> Membership:
            return membership(consumer, None)

        def new_owner(copy: StateCopy) -> Owner:
            return self._duty.new_owner(copy, named)

        return Member(self._team, consumer, self._settings, self._options, new_owner, self._copy, self._pulse)

    def _live(self) -> dict[str, bool]:
        return {"event_loop": not self._started or time.monotonic() - self._pulse.last < LIVE}

    def _ready(self) -> dict[str, bool]:
        member = self._member
        if member is None:
            return {"joined": False}
        return {"joined": member.joined, "restored": member.ready, "last_commit": member.last_commit_ok}
