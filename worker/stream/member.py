"""The poll loop of one group member: dispatches fetched batches to partitions and handles rebalances."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from aiokafka import ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CorruptRecordException, OffsetOutOfRangeError

from worker.engine.records.raw import RawRecords, together
from worker.errors import AlphapulseError
from worker.kafka.deadline import Clock, Deadline, within
from worker.kafka.errors import FAILURES, Fenced, LeftBehind, OutcomeUnknown, StateLost, meaning, taken_over
from worker.kafka.producers import STOP_TIMEOUT
from worker.kafka.records.columns import as_raw
from worker.kafka.signals import Signal
from worker.settings import Settings
from worker.stream.consumer import Consumer
from worker.stream.drain import save, settle
from worker.stream.failpoints import failpoint
from worker.stream.linger import poll_seconds, ready_now
from worker.stream.partition import Partition, Stepped
from worker.stream.phases import MEMBER_TRANSITIONS, Event, Machine, MemberEvent, MemberState, Phase
from worker.stream.polling import Polling
from worker.stream.shutdown import Shutdown
from worker.stream.tasks import PartitionTasks
from worker.stream.together import Fetched, begun
from worker.telemetry.metrics import METRICS

log = logging.getLogger(__name__)

NOTHING = together([])
ROUND = 0.02  # seconds for which a small batch may hold up the next fetch
LONG = 0.02  # seconds of a batch after which it lingers
TURN = 1.0  # seconds for the loop iteration that the stop interrupts
STAYING = MemberState.JOINING, MemberState.RUNNING
LEAVE_SHARE, MAX_LEAVE = 0.3, 5.0  # share of the shutdown time, and seconds, kept for what follows the drain


class Member(ConsumerRebalanceListener):
    """One membership in the group, from join to leave; it ends with a stop, with a failure, or to rejoin."""

    def __init__(
        self,
        consumer: Consumer,
        settings: Settings,
        new_partition: Callable[[TopicPartition], Partition],
        clock: Clock = time,
    ) -> None:
        self.partitions: dict[TopicPartition, Partition] = {}
        self.begun: set[TopicPartition] = set()  # with work that may not be committed
        self.generation = 0
        self.last_poll = clock.monotonic()
        self.last_commit_ok = True
        self._consumer, self._settings, self._clock = consumer, settings, clock
        self._polling = Polling(consumer, settings)
        self._small = settings.processing.max_batch_records // 2  # records of a batch
        self._new_partition = new_partition
        self._tasks = PartitionTasks(self._task_ended)
        self._closing: set[asyncio.Task[None]] = set()
        self._machine = Machine("the member", MemberState.JOINING, MEMBER_TRANSITIONS)
        self._failure: BaseException | None = None  # why it is FAILED
        self._changed = Signal()
        self._stopped: asyncio.Future[bool]

    # -- rebalance: aiokafka calls these in the coordinator's task and swallows their exceptions

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Wait for batches in flight within one deadline; keep the state until the next assignment."""
        failpoint("revoked")
        with self._failing():
            started, seconds = self._clock.monotonic(), self._settings.processing.rebalance_timeout_ms / 2000
            self._machine.on(MemberEvent.REVOKED)
            await self._tasks.wait(self._busy(), seconds)
            await self._tasks.cancel()
            for partition in self.partitions.values():
                if partition.phase is Phase.READY:
                    partition.on(Event.HALTED)
            await settle(self._in_hand(), started + seconds - self._clock.monotonic())
            METRICS.rebalance_duration_seconds.observe(self._clock.monotonic() - started)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Only register the partitions: heartbeats wait for this callback, so fencing and restore run as tasks."""
        with self._failing():
            self._machine.on(MemberEvent.ASSIGNED)
            self.generation += 1
            METRICS.rebalances.inc()
            METRICS.assigned_partitions.set(len(assigned))
            self.begun &= assigned
            for tp in set(self.partitions) - assigned:
                METRICS.forget_partition(tp.partition)
                self._in_background(self.partitions.pop(tp).release())
            for tp in sorted(assigned) if self._running else ():
                # Seek and pause: else the client looks up an offset, and fetches, before the state is restored.
                self._consumer.seek(tp, 0)
                self._consumer.pause(tp)
                partition = self.partitions.get(tp) or self.partitions.setdefault(tp, self._new_partition(tp))
                self._tasks.start(tp, self._take(partition))
            self._changed.set()
            told = {"partitions": sorted(tp.partition for tp in assigned), "generation": self.generation}
            log.info("assigned" if assigned else "standby: more members than partitions", extra=told)

    @property
    def state(self) -> MemberState:
        """The state of the membership."""
        return self._machine.state

    @property
    def _running(self) -> bool:
        """Whether new work may start."""
        return self._machine.state is MemberState.RUNNING

    def _fail(self, error: BaseException) -> None:
        """Leave the group; `run` raises the first failure."""
        self._failure = self._failure or error
        self._machine.on(MemberEvent.FAILED)

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """End the membership when a callback fails: the client would only log the error."""
        try:
            yield
        except Exception as error:
            self._task_ended(error)
            raise

    def _in_hand(self) -> list[Partition]:
        """Return the partitions that have a state and no batch in flight."""
        return [p for p in self.partitions.values() if p.phase in (Phase.READY, Phase.PARKED)]

    def _busy(self) -> list[TopicPartition]:
        return [tp for tp, partition in self.partitions.items() if partition.phase is Phase.BUSY]

    # -- one task per partition

    def _task_ended(self, error: BaseException | None) -> None:
        if error:
            self._fail(error)
        self._changed.set()

    def _in_background(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def _take(self, partition: Partition) -> None:
        """Make an assigned partition ready: from memory if it was kept, else by fencing and restore."""
        if partition.phase is Phase.PARKED and await partition.kept():
            self._ready(partition, Event.KEPT)
        else:
            partition.on(Event.ASSIGNED)
            await self._open(partition)

    async def _open(self, partition: Partition) -> None:
        while True:
            try:
                await partition.open(self._consumer)
            except StateLost as lost:  # spilling has ended: the next attempt keeps all states in memory
                log.error("state lost", extra={"partition": partition.tp.partition, "error": str(lost)})
            except FAILURES as error:
                self.last_commit_ok = False
                failure = meaning(error, partition.tp.topic)
                if isinstance(failure, AlphapulseError):
                    raise failure from error
                if isinstance(failure, Fenced):
                    self._fenced(partition, failure)
                    return
                log.warning("cannot open", extra={"partition": partition.tp.partition, "error": str(error)})
                await asyncio.sleep(partition.trouble.next())  # no condition tells when the brokers are ready
            else:
                self._ready(partition, Event.RESTORED)
                return

    def _ready(self, partition: Partition, event: Event) -> None:
        if partition.tp not in self._consumer.assignment():
            return
        partition.on(event)
        self.begun.discard(partition.tp)  # its outcome is known now
        self._consumer.seek(partition.tp, partition.next)
        self._consumer.resume(partition.tp)

    def _fenced(self, partition: Partition, cause: Fenced) -> None:
        """Give up a partition that has a new owner, and rejoin: only a newer generation may assign it again."""
        log.warning("fenced", extra={"partition": partition.tp.partition, "cause": str(cause)})
        METRICS.transactions.labels("fenced").inc()
        partition.on(Event.FENCED)
        self.begun.discard(partition.tp)
        self._machine.on(MemberEvent.FENCED)
        name = self._settings.processing.group_instance_id
        if name and not isinstance(cause, LeftBehind):
            # Two members with one group.instance.id would fence each other forever.
            self._fail(taken_over(name, partition.tp.partition))

    async def _guarded(self, partition: Partition, work: Coroutine[Any, Any, None]) -> None:
        """Run work that commits; if the commit fails, reopen the partition or give it up."""
        try:
            await work
            self.begun.discard(partition.tp)
        except Fenced as fenced:
            self._fenced(partition, fenced)
        except OutcomeUnknown as unknown:
            self.last_commit_ok = False
            METRICS.transactions.labels("unknown").inc()
            log.warning("commit outcome unknown", extra={"partition": partition.tp.partition, "error": str(unknown)})
            await self._open_again(partition, Event.OUTCOME_UNKNOWN)
        except StateLost as lost:
            log.error("state lost", extra={"partition": partition.tp.partition, "error": str(lost)})
            await self._open_again(partition, Event.STATE_LOST)

    async def _open_again(self, partition: Partition, cause: Event | None = None) -> None:
        if partition.tp in self._consumer.assignment():
            self._consumer.pause(partition.tp)
        # Back off: the failure may be permanent, as with a batch that the broker always refuses.
        await asyncio.sleep(partition.trouble.next())
        if cause:
            partition.on(cause)
        await self._open(partition)

    async def _slices(
        self, partition: Partition, raw: RawRecords, position: int, stepped: Stepped | None = None
    ) -> None:
        self.begun.add(partition.tp)
        size = self._settings.processing.max_batch_records
        begun = self._clock.monotonic()
        for start in range(0, max(len(raw), 1), size):
            last = start + size >= len(raw)
            await partition.process(
                raw.slice(start, start + size), position if last else int(raw.rows["offset"][start + size]), stepped
            )
            METRICS.transactions.labels("committed").inc()
            self.last_commit_ok = True
            if not self._running:
                break
        now = self._clock.monotonic()
        # Small batches that took long linger for as long: an overloaded broker gets fewer commits.
        partition.linger_until = now + (now - begun) if len(raw) < self._small and now - begun > LONG else 0.0
        partition.on(Event.FINISHED if self._running else Event.HALTED)
        if partition.next != position:
            self._rewind(partition)

    async def _save(self, partition: Partition) -> None:
        await (partition.save() if partition.idle else partition.settle())
        partition.on(Event.FINISHED if self._running else Event.HALTED)

    # -- the loop

    async def start(self) -> None:
        """Join the group.

        Raises:
            AlphapulseError: the group or the brokers permanently refuse this member.
        """
        await self._polling.start()

    async def run(self, shutdown: Shutdown) -> None:
        """Poll until a stop is requested or the member must rejoin.

        Raises:
            AlphapulseError: no retry can help.
            KafkaError: the membership is lost.
        """
        stopping = shutdown.asked
        self._stopped = asyncio.ensure_future(stopping.wait())
        turns = asyncio.ensure_future(self._turn(stopping))
        try:
            await asyncio.wait({turns, self._stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await within(TURN if stopping.is_set() else 0.0, turns)
            self._stopped.cancel()
        if self._failure is not None:
            raise self._failure
        if stopping.is_set():
            self._machine.on(MemberEvent.STOPPED)
        else:
            turns.result()

    async def _turn(self, stopping: asyncio.Event) -> None:
        while not (stopping.is_set() or self._machine.state not in STAYING or self._polling.over):
            self.last_poll = self._clock.monotonic()
            METRICS.last_poll_timestamp_seconds.set_to_current_time()
            await self._poll()

    async def _wait_changed(self) -> None:
        seconds = poll_seconds(self.partitions, self._clock.monotonic())
        await asyncio.wait({self._changed.future}, timeout=seconds)

    async def _poll(self) -> None:
        self._changed.clear()
        ready = ready_now(self.partitions, self._clock.monotonic()) if self._running else []
        # Without arguments getmany serves every partition, even those that linger. Restoring ones are paused: naming
        # them fetches nothing, but counts as polling. A member without partitions must poll, else it never rejoins.
        named = ready or [tp for tp, p in self.partitions.items() if p.phase is Phase.RESTORING]
        if not self._running or (self.partitions and not named):
            await self._wait_changed()
            return
        generation = self.generation
        try:
            fetched = await self._fetch(named, poll_seconds(self.partitions, self._clock.monotonic()))
            if fetched is None:
                return
        except CorruptRecordException:
            # The fetched records are lost, but the positions have advanced.
            for partition in self.partitions.values():
                if partition.phase is Phase.READY:
                    self._rewind(partition)
            return
        if self._polling.over:
            return  # records may be lost likewise; only the next consumer fetches them again
        if fetched:
            failpoint("poll_returned")
        records = {tp: together(as_raw(found)) for tp, found in fetched.items()}
        positions = await self._polling.positions([tp for tp in named if self._is_ready(tp)])
        self._dispatch(positions, records, generation)
        if records and all(len(raw) < self._small for raw in records.values()):
            with self._polling.rounds.held():  # one fetch then brings what comes meanwhile for all of them
                await self._tasks.wait(records, ROUND)

    async def _fetch(self, named: list[TopicPartition], seconds: float) -> dict[TopicPartition, list[Any]] | None:
        """Return getmany's records; None when the stop comes first, or another partition becomes ready."""
        # getmany waits through a whole rebalance, and does not serve a partition that becomes ready meanwhile.
        try:
            return await self._polling.poll(named, seconds, {self._changed.future, self._stopped})
        except OffsetOutOfRangeError as error:
            for tp in error.args[0]:
                self._open_anew(tp)
            return None

    def _open_anew(self, tp: TopicPartition) -> None:
        """Reopen a partition: the broker has no record at its next offset."""
        # Opening finds the cause: retention, a recreated or truncated input, or the answer of a stale leader.
        partition = self.partitions.get(tp)
        if partition is not None and partition.phase is Phase.READY and self._running:
            partition.on(Event.OUT_OF_RANGE)
            self._consumer.seek(tp, 0)
            self._consumer.pause(tp)
            self._tasks.start(tp, self._open_again(partition))

    def _is_ready(self, tp: TopicPartition) -> bool:
        partition = self.partitions.get(tp)  # the way to READY seeks to `next`
        return partition is not None and partition.phase is Phase.READY

    def _dispatch(
        self, positions: dict[TopicPartition, int], records: dict[TopicPartition, RawRecords], generation: int
    ) -> None:
        """Start batches. The rule: while a partition is READY the consumer's position is its `next`.

        So whatever getmany has returned is either processed or, by a seek back, fetched again. Were it dropped, the
        position alone would have moved, and the next commit would lose the records.
        """
        fetched = []
        for tp, position in positions.items():
            if not self._is_ready(tp):
                continue  # it has changed meanwhile
            partition = self.partitions[tp]
            if not self._running or generation != self.generation:
                self._rewind(partition)
                continue
            # Even without records the position may have passed transaction markers: commit it, or lag never reaches 0.
            if tp not in records and position <= partition.next:
                if partition.idle or partition.overdue:
                    partition.on(Event.STARTED)
                    self._tasks.start(tp, self._guarded(partition, self._save(partition)))
                continue
            end = self._consumer.last_stable_offset(tp)
            METRICS.consumer_lag_records.labels(tp.partition).set(max((end or position) - position, 0))
            fetched.append(Fetched(partition, records.get(tp, NOTHING), position))
        # Nothing may come between a step of the engines and the tasks that commit it.
        for each, stepped in begun(fetched, self._settings.processing.max_batch_records):
            work = self._slices(each.partition, each.raw, each.position, stepped)
            self._tasks.start(each.partition.tp, self._guarded(each.partition, work))

    def _rewind(self, partition: Partition) -> None:
        if partition.tp in self._consumer.assignment():
            self._consumer.seek(partition.tp, partition.next)

    async def close(self, deadline: Deadline) -> bool:
        """Finish the batches in flight, then release every partition, all before the deadline.

        Return whether all begun work is committed.
        """
        draining = self._machine.state is MemberState.DRAINING
        self._machine.on(MemberEvent.LEFT)
        failpoint("draining")
        keep = min(deadline.left() * LEAVE_SHARE, MAX_LEAVE)
        await self._tasks.wait(self._busy(), deadline.left(keep=keep))
        await self._tasks.cancel(deadline.left(STOP_TIMEOUT, keep / 2))
        settled = await settle(self._in_hand(), deadline.left(STOP_TIMEOUT, keep / 2))
        self.begun.update(tp for tp, partition in self.partitions.items() if partition.unsettled)
        if draining:
            await save(
                self._in_hand(), deadline.left(self._settings.state.drain_flush_ms / 1000, keep / 2), self._clock
            )
        releases = [partition.release() for partition in self.partitions.values()]
        await within(deadline.left(keep=keep / 4), asyncio.gather(*self._closing, *releases, return_exceptions=True))
        return settled and not self.begun
