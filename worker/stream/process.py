"""One worker process: preflight, engine warm-up, probes, then successive memberships until a stop."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import time
from collections.abc import Callable
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.state import StateOwner
from worker.errors import AlphapulseError, ConfigError, Exit
from worker.kafka.deadline import within
from worker.kafka.errors import FAILURES
from worker.kafka.preflight import MAX_BATCH, preflight
from worker.kafka.producers import Clients, clients
from worker.kafka.protocol.answers import NoLongerOurs
from worker.kafka.protocol.offsets import Membership
from worker.kafka.rejoining import Rejoining
from worker.kafka.seams import stop_consumer
from worker.kafka.seams.clients import client_of, membership
from worker.kafka.seams.fast import frames, packing, posting
from worker.kafka.seams.fast.fetching import decoding
from worker.kafka.seams.fast.requests import install_parted_requests
from worker.settings import Settings, load_engine_of
from worker.stream.consumer import group_consumer
from worker.stream.control.follower import following
from worker.stream.control.table import ControlTable
from worker.stream.decisions import DecisionJob
from worker.stream.job import Job
from worker.stream.member import Member
from worker.stream.partition import Partition
from worker.stream.phases import Phase
from worker.stream.shutdown import Shutdown, leave_at_once, not_committed, unless_asked
from worker.stream.state.committed import check_partitions
from worker.stream.state.records import FORMAT
from worker.stream.watch.open_files import allow_connections
from worker.stream.watch.pace import tell_pace
from worker.stream.watch.topics import watching
from worker.telemetry.metrics import METRICS
from worker.telemetry.probes import Probes
from worker.version import __version__

log = logging.getLogger(__name__)
LEAVE_SECONDS = 3.0  # leaving the group takes milliseconds; the rest is closing sockets
RESTORE_STATES = (Phase.READY, Phase.BUSY)


class WorkerProcess:
    """A member of the fleet. `run` returns after a requested stop, once everything is committed."""

    def __init__(
        self, settings: Settings, job: Job | None = None, started: Callable[[dict[str, Any]], None] | None = None
    ) -> None:
        """Create the process; `started` is called with the member's `facts` just before it joins the group."""
        self._settings, self._tell_started = settings, started
        self._job = job or DecisionJob(load_engine_of(settings), settings)
        self._member: Member | None = None
        self._consumer: AIOKafkaConsumer | None = None
        self._options: dict[str, Any] = {}
        self._batch_bytes = MAX_BATCH
        self._partitions = settings.topics.partitions
        self._control_table: ControlTable | None = None
        self._reached: dict[TopicPartition, int] = {}  # the highest committed offset of each partition
        self._failure: BaseException | None = None
        self._shutdown = Shutdown(settings.processing.shutdown_timeout_ms / 1000)
        self._rejoining = Rejoining(settings.topics.input)
        self._committed = True  # whether all work of the last membership is committed
        self._started = False
        self._probes = Probes(settings.ops, self._live, self._ready, lambda: self._started, self._detail)
        self._begun = time.monotonic()

    async def run(self) -> Exit:
        """Work until SIGTERM or SIGINT.

        Raises:
            TryAgain: the shutdown deadline passed before all was committed.
            AlphapulseError: a failure with a known cause; commits are complete.
        """
        check_timings(self._settings)
        METRICS.build_info.labels(__version__, self._job.config_hash).set(1)
        leave_at_once()
        checked = await preflight(self._settings)
        self._options, self._batch_bytes, self._partitions = checked.options, checked.batch_bytes, checked.partitions
        await check_partitions(self._settings, self._partitions)
        allow_connections(self._settings, self._partitions)
        self._job.warm_up()
        calm_garbage_collector()
        await self._probes.start()
        limits = self._settings.topics.limits
        watched = (*self._settings.worker_topics, *((limits,) if checked.control else ()))
        async with (
            following(self._options, limits, checked.control, self._task_ended) as control_table,
            watching(self._options, watched, self._settings, self._task_ended),
        ):
            self._control_table = control_table
            self._shutdown.install()
            self._started = True
            if self._tell_started:
                self._tell_started(self.facts())
            pace = asyncio.create_task(tell_pace(), name="pace")
            await self._memberships()
            await within(0.0, pace)
        await self._probes.stop()
        self._shutdown.code = self._outcome()
        if self._failure:
            raise self._failure
        if not self._committed:
            raise not_committed()
        log.info("stopped", extra={"seconds": round(time.monotonic() - self._begun, 1)})
        return Exit.OK

    def _task_ended(self, failure: BaseException | None) -> None:
        self._failure = self._failure or failure
        self._shutdown.asked.set()

    def _outcome(self) -> Exit:
        if self._failure:
            return getattr(self._failure, "exit_code", Exit.UNEXPECTED)
        return Exit.OK if self._committed else Exit.TEMPORARY

    async def _memberships(self) -> None:
        while not self._shutdown.asked.is_set() and self._failure is None:
            await self._rejoining.wait(self._shutdown.asked)
            await self._membership()
        self._shutdown.begin()

    async def _membership(self) -> None:
        if self._settings.processing.fast_path:
            install_parted_requests()
            for seam in (packing, frames, posting):
                seam.install()
        consumer = self._consumer = self._new_consumer()
        shared = self._clients(consumer)
        member = Member(consumer, self._settings, lambda tp: self._new_partition(tp, shared))
        member.begun.update(self._member.begun if self._member else ())  # their next opening settles them
        self._member = member
        consumer.subscribe([self._settings.topics.input], listener=member)
        begun = time.monotonic()
        try:
            if await unless_asked(member.start(), self._shutdown.asked):
                await member.run(self._shutdown)
        except AlphapulseError as failure:
            self._failure = self._failure or failure
        except FAILURES as error:
            self._failure = self._failure or self._rejoining.lost(error, time.monotonic() - begun)
        else:
            self._rejoining.ended()
        finally:
            deadline = self._shutdown.of_membership()
            self._committed = await member.close(deadline)
            await stop_consumer(consumer, deadline.left(LEAVE_SECONDS))

    def _clients(self, consumer: AIOKafkaConsumer) -> Clients:
        def member() -> Membership:
            return membership(consumer, self._settings.processing.group_instance_id)

        return clients(client_of(consumer), member, self._options, self._batch_bytes, self._settings, self._reached)

    def _new_consumer(self) -> AIOKafkaConsumer:
        p = self._settings.processing
        decoded = decoding(p.fast_path)
        return group_consumer(self._settings, self._options, max_partition_fetch_bytes=p.fetch_max_bytes, **decoded)

    def _new_partition(self, tp: TopicPartition, shared: Clients) -> Partition:
        owner = StateOwner(
            FORMAT,
            self._settings.processing.group,
            tp.topic,
            tp.partition,
            self._partitions,
            self._job.version,
            self._job.config_hash,
        )
        return Partition(tp, self._settings, shared, owner, self._job, self._control_table)

    def facts(self) -> dict[str, Any]:
        """Return the facts of this member that `worker --json` prints."""
        processing = self._settings.processing
        return {
            "pid": os.getpid(),
            "version": __version__,
            "engine_version": self._job.version,
            "config_hash": self._job.config_hash,
            "bootstrap_servers": self._settings.kafka.bootstrap_servers,
            "group": processing.group,
            "guarantee": processing.guarantee,
            "input": self._settings.topics.input,
            "partitions": self._partitions,
            "probes": self._probes.url,
        }

    def _live(self) -> dict[str, bool]:
        limit = 2 * self._settings.processing.max_poll_interval_ms / 1000
        last = self._member.last_poll if self._member else self._begun
        return {"poll_loop": time.monotonic() - last < limit}

    def _ready(self) -> dict[str, bool]:
        member = self._member
        if member is None:
            return {"joined": False}
        restored = all(p.phase in RESTORE_STATES for p in member.partitions.values())
        return {"joined": member.generation > 0, "restored": restored, "last_commit": member.last_commit_ok}

    def _detail(self) -> dict[str, Any]:
        """Return what tells this member apart in its group, and how far it is."""
        member = self._member
        if member is None:
            return {}
        partitions = {str(tp.partition): p for tp, p in member.partitions.items()}
        told: dict[str, Any] = {
            "member": self._membership_told() | {"state": member.state.value},
            "partitions": {partition: p.phase.value for partition, p in partitions.items()},
        }
        if reached := {name: p.progress for name, p in partitions.items() if p.phase is Phase.RESTORING}:
            told["restoring"] = reached
        return told

    def _membership_told(self) -> dict[str, Any]:
        try:
            assert self._consumer is not None
            found = membership(self._consumer, None)
        except NoLongerOurs:
            return {"id": None, "generation": None}
        return {"id": found.member_id, "generation": found.generation}


def calm_garbage_collector() -> None:
    """Collect cycles rarely, and never in modules: batches make many short-lived objects without cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


def check_timings(settings: Settings) -> None:
    """Refuse time limits that defeat each other.

    Raises:
        ConfigError: it names the two settings.
    """
    p = settings.processing
    rules = (
        (p.heartbeat_interval_ms * 3 <= p.session_timeout_ms, "heartbeat_interval_ms must be ≤ session_timeout_ms / 3"),
        (p.session_timeout_ms <= p.rebalance_timeout_ms, "session_timeout_ms must be ≤ rebalance_timeout_ms"),
        (p.rebalance_timeout_ms < p.max_poll_interval_ms, "rebalance_timeout_ms must be < max_poll_interval_ms"),
    )
    for holds, rule in rules:
        if not holds:
            raise ConfigError(f"the time limits do not fit: processing.{rule}", "Change one of the two")
