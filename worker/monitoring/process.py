"""One process of the portfolio's risk: preflight, warm-up, probes, then memberships until a stop."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaConsumer

from worker.engine.settings import ENGINE_VERSION
from worker.errors import AlphapulseError, ConfigError, Exit
from worker.kafka.deadline import within
from worker.kafka.errors import FAILURES
from worker.kafka.protocol.offsets import Membership
from worker.kafka.rejoining import Rejoining
from worker.kafka.seams import stop_consumer
from worker.kafka.seams.assignor import sticky_assignor
from worker.kafka.seams.clients import membership
from worker.monitoring.copy import StateCopy
from worker.monitoring.member import Member
from worker.monitoring.owner import Means, Owner
from worker.monitoring.preflight import Checked, preflight
from worker.monitoring.pulse import Pulse
from worker.monitoring.restoring import recreated
from worker.monitoring.warm import warm_up
from worker.settings import Settings, load_engine_of
from worker.stream.process import calm_garbage_collector, check_timings
from worker.stream.shutdown import Shutdown, leave_at_once, unless_asked
from worker.stream.watch.topics import watching
from worker.telemetry.health import OpsServer
from worker.telemetry.metrics import METRICS
from worker.version import __version__

log = logging.getLogger(__name__)
LEAVE_SECONDS = 3.0  # leaving the group takes milliseconds; the rest is closing sockets
CLOSE_SECONDS = 1.0
LIVE = 60.0  # seconds for which the event loop may stand still


class RiskProcess:
    """A member of the monitor's group. `run` returns after a requested stop, with no transaction open."""

    def __init__(
        self, settings: Settings, rebuild: bool = False, started: Callable[[dict[str, Any]], None] | None = None
    ) -> None:
        """Create the process; `started` is called with its `facts` just before it joins the group."""
        # The helpers of workers speak of the group of their settings, and of no static member.
        processing = settings.processing.model_copy(update={"group_instance_id": None})
        risk = settings.risk.model_copy(update={"name": settings.risk_name})
        settings = settings.model_copy(update={"processing": processing, "risk": risk})
        own = {"group": settings.risk_group, "guarantee": "exactly_once"}
        self._settings, self._rebuild, self._tell_started = settings, rebuild, started
        self._member_settings = settings.model_copy(update={"processing": processing.model_copy(update=own)})
        self._engine = load_engine_of(settings, fill=False)
        self._copy = StateCopy(settings.risk_state_topic)
        self._pulse = Pulse(processing.session_timeout_ms / 1000)
        self._checked: Checked
        self._member: Member | None = None
        self._failure: BaseException | None = None
        self._shutdown = Shutdown(processing.shutdown_timeout_ms / 1000)
        self._rejoining = Rejoining(settings.risk_state_topic)
        self._started = False
        self._port: int | None = None  # of the probes' server

    async def run(self) -> Exit:
        """Work until SIGTERM or SIGINT.

        Raises:
            AlphapulseError: a failure with a known cause; no transaction is half done.
        """
        begun = time.monotonic()
        check_timings(self._settings)
        METRICS.build_info.labels(__version__, self._engine.config_hash()).set(1)
        leave_at_once()
        self._checked = await preflight(self._settings)
        warm_up()
        calm_garbage_collector()
        ops = await self._serve()
        options, settings = self._checked.options, self._member_settings
        async with watching(options, settings.risk_topics, settings, self._task_ended, recreated):
            self._shutdown.install()
            self._started = True
            if self._tell_started:
                self._tell_started(self.facts())
            await self._memberships()
        if ops:
            await within(CLOSE_SECONDS, ops.stop())
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
        consumer = self._consumer()
        member = self._member = self._new_member(consumer)
        consumer.subscribe([self._settings.risk_state_topic], listener=member)
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

        checked = self._checked
        means = Means(checked.options, checked.batch_bytes, checked.sources, named, self._rebuild)

        def new_owner(copy: StateCopy) -> Owner:
            return Owner(self._settings, self._engine, means, copy)

        return Member(consumer, self._member_settings, checked.options, new_owner, self._copy, self._pulse)

    def _consumer(self) -> AIOKafkaConsumer:
        p = self._settings.processing
        return AIOKafkaConsumer(
            **self._checked.options,
            group_id=self._settings.risk_group,
            enable_auto_commit=False,
            auto_offset_reset="none",
            isolation_level="read_committed",
            partition_assignment_strategy=(sticky_assignor(),),
            session_timeout_ms=p.session_timeout_ms,
            heartbeat_interval_ms=p.heartbeat_interval_ms,
            rebalance_timeout_ms=p.rebalance_timeout_ms,
            max_poll_interval_ms=p.max_poll_interval_ms,
            fetch_max_wait_ms=50,
        )

    async def _serve(self) -> OpsServer | None:
        ops = self._settings.ops
        if not ops.enabled:
            return None
        server = OpsServer(METRICS.registry, self._live, self._ready, lambda: {"started": self._started})
        try:
            self._port = await server.start(ops.host, ops.port)
        except OSError as error:
            raise ConfigError(f"the probes can't listen on {ops.host}:{ops.port}: {error}", "Set ops.port") from error
        log.info("probes", extra={"url": f"http://{ops.host}:{self._port}/readyz", "port": self._port})
        return server

    def facts(self) -> dict[str, Any]:
        """Return the facts of this process that `risk --json` prints."""
        ops, settings = self._settings.ops, self._settings
        return {
            "pid": os.getpid(),
            "version": __version__,
            "engine_version": ENGINE_VERSION,
            "config_hash": self._engine.config_hash(),
            "bootstrap_servers": settings.kafka.bootstrap_servers,
            "name": settings.risk_name,
            "group": settings.risk_group,
            "decisions": settings.topics.output,
            "partitions": self._checked.sources.decisions,
            "probes": None if self._port is None else f"http://{ops.host}:{self._port}",
        }

    def _live(self) -> dict[str, bool]:
        return {"event_loop": not self._started or time.monotonic() - self._pulse.last < LIVE}

    def _ready(self) -> dict[str, bool]:
        member = self._member
        if member is None:
            return {"joined": False}
        return {"joined": member.joined, "restored": member.ready, "last_commit": member.last_commit_ok}
