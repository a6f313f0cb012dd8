"""One assigned input partition: fence, restore, then process and commit batch by batch."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from aiokafka import TopicPartition

from schemas.state import StateOwner
from worker.engine.records.raw import RawRecords
from worker.kafka.backoff import BackOff
from worker.kafka.deadline import Clock
from worker.kafka.errors import FAILURES
from worker.kafka.producers import Clients
from worker.kafka.records.outputs import Output, Prepared, unpacked
from worker.settings import Settings
from worker.stream.consumer import Consumer
from worker.stream.control.table import ControlTable
from worker.stream.failpoints import failpoint
from worker.stream.job import Engine, Job
from worker.stream.litter import collect_soon
from worker.stream.output.sink import Commit, Sink, sink_of
from worker.stream.phases import TRANSITIONS, Event, Machine, Phase
from worker.stream.state.checkpoint import committed
from worker.stream.state.partition_state import PartitionState
from worker.stream.state.recovery import Recovery
from worker.stream.state.snapshots import Taken
from worker.telemetry.metrics import METRICS

log = logging.getLogger(__name__)
MAX_TROUBLE = 10.0  # seconds


class Stepped(NamedTuple):
    """Records without an output yet, and the engine's results for them: None where there are no records."""

    raw: RawRecords
    results: Any  # an exception: there are none, and it is to be raised


class Partition:
    """State, sink and progress of one assigned partition.

    State that is ahead of a failed commit is discarded, never patched.
    """

    def __init__(
        self,
        tp: TopicPartition,
        settings: Settings,
        clients: Clients,
        owner: StateOwner,
        job: Job,
        control_table: ControlTable | None = None,
        *,
        clock: Clock = time,
        new_sink: Callable[[TopicPartition, Settings, Clients], Sink] = sink_of,
        new_recovery: Callable[..., Recovery] = Recovery,
    ) -> None:
        self.tp, self.job = tp, job
        self.progress = 0, 0  # input offset that a restore has reached, and the one where it ends
        self.trouble = BackOff(0.1, MAX_TROUBLE)  # between reopenings; a successful commit resets it
        self.linger_until = 0.0  # monotonic seconds; small batches linger so that a transaction carries more
        self._machine = Machine(f"{tp.topic}-{tp.partition}", Phase.RESTORING, TRANSITIONS)
        self._settings = settings
        self._clients = clients
        self._clock, self._new_sink = clock, new_sink
        self._recovery = new_recovery(
            tp, settings, clients.options, owner, job.engine, self._on_progress, control_table
        )
        self._state: PartitionState | None = None
        self._sink: Sink | None = None
        self._publisher = job.publisher(tp, clients.batch_bytes)
        self._last_input = self._clock.monotonic()
        self._commit_at = 0.0  # monotonic seconds until which the commit of an offset may wait
        self._committing = asyncio.Lock()  # a rebalance may begin while the member drains, and both settle
        self._counts = -1, -1, False  # of symbols, as the metrics have them
        self._full = False  # whether the symbol limit has been logged

    @property
    def phase(self) -> Phase:
        """The present phase."""
        return self._machine.state

    def on(self, event: Event) -> None:
        """Move to the phase that the event leads to.

        Raises:
            InvalidTransition: the event is not allowed in this phase.
        """
        self._machine.on(event)

    @property
    def next(self) -> int:
        """The next input offset to process; state, outputs and commit agree up to it. -1 without a state."""
        return self._state.next if self._state else -1

    async def open(self, consumer: Consumer) -> None:
        """Fence the former owner, read the committed offset, and restore the state for exactly that offset.

        The offset comes from a broker that has just completed a write, which needs a quorum.
        """
        started = self._clock.monotonic()
        self._recovery.check_partitions(len(consumer.partitions_for_topic(self.tp.topic) or ()))
        await self.release()
        self._sink = self._new_sink(self.tp, self._settings, self._clients)
        self._committing = asyncio.Lock()  # an abandoned commit of the former sink may hold the old one
        failpoint("before_fence")
        await self._sink.start()
        failpoint("fenced")
        opened = await self._sink.read()
        failpoint("offset_read")
        self._state = await self._recovery.state(opened, self._clients.committed.get(self.tp, 0))
        if self._state.first and self._sink.commits_first:
            await self._commit((), self._state.begin(), self.next)
        self._last_input = self._clock.monotonic()
        collect_soon()  # the clients that read the state are closed
        seconds = self._clock.monotonic() - started
        METRICS.state_restore_seconds.observe(seconds)
        log.info(
            "restored",
            extra={"partition": self.tp.partition, "offset": self.next, "seconds": round(seconds, 3)},
        )

    async def kept(self) -> bool:
        """Return whether a parked partition may continue from memory: nobody can have committed since."""
        if self._sink is None or self._state is None:
            return False
        try:
            opened = await self._sink.still()
        except FAILURES:
            return False
        self._state.reopened(opened.barrier)
        found = committed(opened.committed)
        if found is None:
            return self._state.next == self._state.origin
        return found.offset == self._state.next and found.checkpoint == self._state.checkpoint

    def prepared(self, raw: RawRecords) -> RawRecords:
        """Return the fetched records that have no output yet, for a step of `engine` that must follow."""
        raw = self._unseen(raw)
        if len(raw):
            assert self._state is not None
            self._state.meet(raw)
        return raw

    def _unseen(self, raw: RawRecords) -> RawRecords:
        assert self._state is not None
        self._state.fetched(raw)
        return self._state.unseen(raw)

    @property
    def engine(self) -> Engine:
        """The engine, while there is a state."""
        assert self._state is not None
        return self._state.engine

    def followed(self, raw: RawRecords) -> None:
        """Note the changes of a step of `engine`; `process` must follow with its results."""
        assert self._state is not None
        self._state.followed(raw)

    def _stepped(self, raw: RawRecords) -> Stepped:
        assert self._state is not None
        begun = self._clock.monotonic()
        raw = self._unseen(raw)
        results = self._state.step(raw) if len(raw) else None
        METRICS.engine_seconds.observe(self._clock.monotonic() - begun)
        return Stepped(raw, results)

    async def process(self, raw: RawRecords, position: int, stepped: Stepped | None = None) -> None:
        """Process records (all at or after `next`) and commit `position` with their outputs.

        `stepped`: the engine has stepped already.

        Under at_least_once, where a commit is a request of its own, commit at most once per interval; `settle` commits
        the rest.

        Raises:
            Fenced, OutcomeUnknown: the partition must be reopened before it goes on.
            AlphapulseError: no retry can help.
        """
        assert self._state is not None
        assert self._sink is not None
        begun = self._clock.monotonic()
        raw, results = stepped or self._stepped(raw)
        if isinstance(results, Exception):
            raise results
        outputs = self._outputs(raw, results) if len(raw) else ()
        waits = begun < self._commit_at and not self._state.pressing
        if waits and await self._sink.publish(outputs):
            self._state.published(position)
        else:
            await self._commit(outputs, self._due(position), position)
        if len(raw):
            self._last_input = begun
            self._count(raw, results)

    @property
    def due(self) -> float:
        """When to save or to commit though no input arrives, monotonic seconds; infinite without anything to do."""
        save = self._last_input + self._settings.state.idle_flush_ms / 1000
        return min(
            self._commit_at if self.unsettled else math.inf,
            save if self._state is not None and self._state.dirty else math.inf,
        )

    @property
    def overdue(self) -> bool:
        """Whether to commit the offset of published outputs now, as no input arrives."""
        return self.unsettled and self._clock.monotonic() >= self._commit_at

    async def settle(self) -> None:
        """Commit the offset of published outputs, if it is not committed yet.

        Raises:
            Fenced, OutcomeUnknown, AlphapulseError: as `process`.
        """
        async with self._committing:
            if self.unsettled:
                await self._commit((), self._due(self.next), self.next)

    @property
    def idle(self) -> bool:
        """Whether to save dirty symbols now, as no input arrives."""
        waited = self._clock.monotonic() - self._last_input
        return self._state is not None and waited * 1000 >= self._settings.state.idle_flush_ms and self._state.dirty

    async def save(self) -> bool:
        """Save some dirty symbols in a transaction of their own; return False if there were none.

        Raises:
            Fenced, OutcomeUnknown, AlphapulseError: as `process`.
        """
        async with self._committing:
            if self._state is None or not self._state.dirty:
                return False
            await self._commit((), self._state.rest(self._settings.state.save_bytes), self._state.next)
            return True

    async def release(self) -> None:
        """Drop the state and the producer."""
        sink, self._sink, self._state = self._sink, None, None
        if sink:
            await sink.stop()
            collect_soon()

    @property
    def symbols(self) -> int:
        """The number of known symbols."""
        return self._state.engine.known if self._state else 0

    @property
    def unsettled(self) -> bool:
        """Whether outputs are published whose offset is not committed."""
        return self._state is not None and self._state.settled != self._state.next

    def _due(self, position: int) -> Taken:
        assert self._state is not None
        return self._state.due(position, self._settings.state.save_bytes)

    def _outputs(self, raw: RawRecords, results: Any) -> Iterable[Output | Prepared]:
        outputs = self._publisher.outputs(raw, results)
        return outputs if self._settings.processing.fast_path else unpacked(outputs)

    async def _commit(self, outputs: Iterable[Output | Prepared], taken: Taken, position: int) -> None:
        assert self._state is not None
        assert self._sink is not None
        begun = self._clock.monotonic()
        commit = Commit(position, self._state.epoch, taken.checkpoint)
        taken = taken._replace(checkpoint=await self._sink.deliver(outputs, taken.records, commit))
        failpoint("committed")
        self._clients.committed[self.tp] = position
        self.trouble.reset()
        self._commit_at = begun + self._settings.processing.commit_interval_ms / 1000
        METRICS.commit_duration_seconds.observe(self._clock.monotonic() - begun)
        self._state.committed(position, taken)
        METRICS.unsaved_offsets.labels(self.tp.partition).set(position - taken.checkpoint.replay_from)
        METRICS.snapshots.inc(len(taken.slots))
        METRICS.snapshot_bytes.inc(taken.size)

    def _on_progress(self, offset: int, stop: int) -> None:
        self.progress = offset, stop
        METRICS.restore_offset.labels(self.tp.partition).set(offset)

    def _count(self, raw: RawRecords, results: Any) -> None:
        self._publisher.count(raw, results)
        self._count_symbols()
        lag = max(time.time() - int(raw.rows["timestamp"][-1]) / 1000, 0.0)
        METRICS.event_time_lag_seconds.labels(self.tp.partition).set(lag)

    def _count_symbols(self) -> None:
        assert self._state is not None
        engine, partition = self._state.engine, self.tp.partition
        full = engine.known >= engine.most
        counts = engine.known, engine.spilled, full
        if counts == self._counts:
            return
        self._counts = counts
        METRICS.symbols_tracked.labels(partition).set(engine.known)
        METRICS.symbols_spilled.labels(partition).set(engine.spilled)
        METRICS.symbol_limit_reached.labels(partition).set(full)
        if full and not self._full:
            self._full = True
            log.error(
                "symbol limit: further new symbols are rejected", extra={"partition": partition, "symbols": engine.most}
            )
