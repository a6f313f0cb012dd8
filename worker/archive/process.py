"""One process of the archive: preflight, probes, upkeep, then memberships until a stop."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from worker.archive.archiver import Archiver
from worker.archive.lag import tell_lag
from worker.archive.member import Member
from worker.archive.preflight import Checked, preflight
from worker.archive.sink import Conflict, StoreUnavailable
from worker.archive.turn import Turns
from worker.archive.upkeep.task import keep_up
from worker.errors import AlphapulseError, BrokerUnavailable, ConfigError, Exit
from worker.kafka.deadline import within
from worker.kafka.errors import FAILURES
from worker.kafka.rejoining import Rejoining
from worker.kafka.seams import stop_consumer
from worker.kafka.seams.fast.fetching import decoding
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
FETCH_BYTES = 262_144  # compressed, of a partition: what is unpacked and not yet encoded takes many times as much


class ArchiveProcess:
    """A member of the archive's group. `run` returns after a requested stop; what is not committed is read again."""

    def __init__(self, settings: Settings, started: Callable[[dict[str, Any]], None] | None = None) -> None:
        """Create the process; `started` is called with its `facts` just before it joins the group."""
        own = {"group": settings.archive_group, "group_instance_id": None}
        # The helpers of workers speak of the group of their settings, and of no static member.
        processing = settings.processing.model_copy(update=own)
        named = settings.archive.model_copy(update={"name": settings.archive_name})
        self._settings = settings.model_copy(update={"processing": processing, "archive": named})
        self._tell_started = started
        self._checked: Checked
        self._member: Member | None = None
        self._failure: BaseException | None = None
        self._shutdown = Shutdown(settings.processing.shutdown_timeout_ms / 1000)
        self._rejoining = Rejoining(", ".join(settings.archive.tables))
        self._turns = Turns()
        self._started = False
        self._probes = Probes(settings.ops, self._live, self._ready, lambda: self._started)
        self._begun = time.monotonic()

    async def run(self) -> Exit:
        """Work until SIGTERM or SIGINT.

        Raises:
            AlphapulseError: a failure with a known cause; no commit is half done.
        """
        check_timings(self._settings)
        METRICS.build_info.labels(__version__, "").set(1)
        leave_at_once()
        try:
            self._checked = await preflight(self._settings)
        except (StoreUnavailable, Conflict) as away:
            raise BrokerUnavailable(
                f"the store of the archive does not answer: {away}", "Check archive.url and archive.store"
            ) from None
        calm_garbage_collector()
        await self._probes.start()
        topics = tuple(sink.kind.topic for sink in self._checked.sinks)
        async with watching(self._checked.options, topics, self._settings, self._task_ended, recreated):
            self._shutdown.install()
            self._started = True
            if self._tell_started:
                self._tell_started(self.facts())
            beside = [asyncio.create_task(tell_lag(self._checked.options, self._kept), name="lag")]
            if self._settings.archive.sink == "delta":
                upkeep = keep_up(self._settings, self._checked.sinks, self._elected, self._turns)
                beside.append(asyncio.create_task(upkeep, name="upkeep"))
                beside[1].add_done_callback(self._upkeep_ended)
            await self._memberships()
            for task in beside:
                await within(0.0, task)
        await self._probes.stop()
        self._shutdown.code = Exit.OK
        if self._failure:
            self._shutdown.code = getattr(self._failure, "exit_code", Exit.UNEXPECTED)
            raise self._failure
        log.info("stopped", extra={"seconds": round(time.monotonic() - self._begun, 1)})
        return Exit.OK

    def _task_ended(self, failure: BaseException | None) -> None:
        self._failure = self._failure or failure
        self._shutdown.asked.set()

    def _upkeep_ended(self, done: asyncio.Task[None]) -> None:
        if not done.cancelled():
            self._task_ended(done.exception())

    async def _memberships(self) -> None:
        while not self._shutdown.asked.is_set() and self._failure is None:
            await self._rejoining.wait(self._shutdown.asked)
            if not self._shutdown.asked.is_set():
                await self._membership()
        self._shutdown.begin()

    async def _membership(self) -> None:
        consumer = self._consumer()
        member = self._member = Member(consumer, self._settings, self._new_archiver)
        consumer.subscribe([sink.kind.topic for sink in self._checked.sinks], listener=member)
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
            await stop_consumer(consumer, self._shutdown.of_membership().left(LEAVE_SECONDS))

    def _new_archiver(self, assigned: set[TopicPartition]) -> Archiver:
        return Archiver(self._settings.archive, self._checked.sinks, assigned, self._turns)

    def _consumer(self) -> AIOKafkaConsumer:
        p = self._settings.processing
        fetch_bytes = min(p.fetch_max_bytes, FETCH_BYTES)
        decoded = decoding(p.fast_path)
        return group_consumer(self._settings, self._checked.options, max_partition_fetch_bytes=fetch_bytes, **decoded)

    def facts(self) -> dict[str, Any]:
        """Return the facts of this process that `archive --json` prints."""
        settings, archive = self._settings, self._settings.archive
        return {
            "pid": os.getpid(),
            "version": __version__,
            "bootstrap_servers": settings.kafka.bootstrap_servers,
            "name": settings.archive_name,
            "group": settings.archive_group,
            "sink": archive.sink,
            "url": archive.url if archive.sink == "delta" else None,
            "tables": {sink.kind.name: sink.kind.topic for sink in self._checked.sinks},
            "probes": self._probes.url,
        }

    def _kept(self) -> dict[TopicPartition, int]:
        archiver = self._member.archiver if self._member else None
        return archiver.positions() if archiver else {}

    def _elected(self) -> set[str]:
        """Return the tables that this member tidies: those of which it archives partition 0."""
        archiver = self._member.archiver if self._member else None
        return {tp.topic for tp in archiver.assigned if tp.partition == 0} if archiver and archiver.opened else set()

    def _live(self) -> dict[str, bool]:
        limit = 2 * self._settings.processing.max_poll_interval_ms / 1000
        last = self._member.last_poll if self._member else self._begun
        return {"poll_loop": time.monotonic() - last < limit}

    def _ready(self) -> dict[str, bool]:
        return self._member.ready if self._member else {"joined": False}


def recreated(topic: str, _: Settings) -> ConfigError:
    """Return the error to stop with when a topic was recreated while it was archived."""
    return ConfigError(
        f"the topic {topic} was deleted and recreated: the archive holds the records of the former one",
        "Archive the new topic into another archive.url, or move the table away",
    )
