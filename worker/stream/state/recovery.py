"""The recovery of a partition's state for a committed offset: load snapshots and replay, or start empty."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import CorruptRecordException

from schemas.state import StateOwner
from worker.errors import DataError
from worker.kafka.errors import OutcomeUnknown, damaged
from worker.kafka.identity import topic_ids
from worker.kafka.reader import Reader, Truncated
from worker.kafka.seams.fast.fetching import decoding
from worker.kafka.topics import partitions_changed
from worker.settings import Settings
from worker.stream.control.table import ControlTable
from worker.stream.job import Engine
from worker.stream.state.agreement import Agreement
from worker.stream.state.checkpoint import Checkpoint, Committed, Opened, committed
from worker.stream.state.contradiction import reached, truncated
from worker.stream.state.dirty import DirtySymbols, Limits
from worker.stream.state.journal import Journal, missing
from worker.stream.state.partition_state import PartitionState
from worker.stream.state.records import symbol_of
from worker.stream.state.restore import (
    InputGap,
    Progress,
    Rebuild,
    load_snapshots,
    needs_input,
    needs_journal,
    replay,
)
from worker.stream.state.snapshots import Named, SnapshotWriter
from worker.stream.state.topic import StateRecords, check_owner, read_state
from worker.stream.state.witness import outputs_end
from worker.telemetry.metrics import METRICS

log = logging.getLogger(__name__)


class Recovery:
    """The recovery of one partition."""

    def __init__(
        self,
        tp: TopicPartition,
        settings: Settings,
        options: dict[str, Any],
        owner: StateOwner,
        new_engine: Callable[[], Engine],
        progress: Progress,
        control_table: ControlTable | None = None,
    ) -> None:
        self._tp, self._settings = tp, settings
        self._options = options | decoding(settings.processing.fast_path)
        self._state_tp = TopicPartition(settings.state_topic, tp.partition)
        self._agreement = Agreement(tp, settings)
        self._owner, self._new_engine, self._progress = owner, new_engine, progress
        self._control_table = control_table
        self._limits = Limits(settings.state.save_records, settings.state.save_offsets)

    def check_partitions(self, count: int) -> None:
        """Refuse an input that has grown since this worker started.

        Raises:
            ConfigError: the input has grown to `count` partitions.
        """
        if count > self._owner.partitions:
            raise partitions_changed(self._tp.topic, self._owner.partitions, count)

    async def state(self, opened: Opened, own: int) -> PartitionState:
        """Return the state for exactly the committed offset; `own` is the highest that this process has committed.

        Raises:
            ConfigError: a topic was recreated, or the state topic holds the state of another input or partition count.
            DataError: the input no longer has the records that the state needs, or the offset contradicts the topics.
            OutcomeUnknown: the offset or the input's end contradicts the topics, or a record arrived damaged; retry.
            KafkaError: a required broker does not answer.
        """
        try:
            state = await self._believed(opened, own)
        except CorruptRecordException as error:
            self._agreement.doubt(damaged(error))
        self._agreement.settled()
        return state

    async def _believed(self, opened: Opened, own: int) -> PartitionState:
        found = committed(opened.committed)
        async with Reader(self._options) as reader:
            ids = await topic_ids(reader.leaders, *self._topics())
            stored, outputs, (first, end), epoch = await asyncio.gather(
                self._stored(reader, opened),
                outputs_end(reader.leaders, self._settings, self._tp.partition),
                reader.bounds(self._tp),
                reader.leaders.epoch_end(self._tp, found.epoch) if found and found.epoch >= 0 else _unknown(),
            )
            check_owner(stored.owner, self._owner)
            agreement = self._agreement
            agreement.check_topics(found, stored, ids, self._control_table is not None)
            agreement.check_witness(found, stored, outputs, own)
            named = Named(opened.barrier + 1, ids, stored.resume.next if stored.resume else 0, opened.barrier)
            if found is None:
                state = self._anew(first, stored, named)
                state.first = not (outputs.next or stored.snapshots or stored.resume)
                return state
            come = reached(stored, outputs, own)
            agreement.check_end(found, end, epoch, come)
            await agreement.check_left_out(reader.leaders, found, stored, outputs, own)
            agreement.tell_repeats(found, outputs)
            try:
                # A group without evidence of work needs only the input that exists.
                origin = 0 if come or stored.snapshots else first
                return await self._restored(found, stored, first, origin, reader, named)
            except InputGap as gap:
                return self._skip(gap, found, stored, named)

    def _topics(self) -> tuple[str, ...]:
        """Return the topics in the order of `TopicIds`."""
        topics = self._settings.topics
        limits = () if self._control_table is None else (topics.limits,)
        return self._tp.topic, self._state_tp.topic, topics.output, topics.rejections, *limits

    async def _stored(self, reader: Reader, opened: Opened) -> StateRecords:
        try:
            return await read_state(reader, self._state_tp, opened.barrier + 1)
        except Truncated as lost:  # since our write there, seconds ago
            raise OutcomeUnknown(str(lost)) from lost

    async def _restored(
        self, found: Committed, stored: StateRecords, first: int, origin: int, reader: Reader, named: Named
    ) -> PartitionState:
        checkpoint = self._checkpoint(found, stored, origin)
        if first > found.offset:
            raise InputGap(found.offset, first)
        engine, dirty = self._new_engine(), DirtySymbols(self._limits)
        ahead = self._settings.processing.guarantee == "at_least_once"
        self._check_journal(stored, checkpoint, ahead)
        journal = self._journal(engine, stored, checkpoint.journal_from)
        cut = self._cut_short(checkpoint, named)
        rebuild = await load_snapshots(stored, checkpoint, found.offset, ahead, engine, dirty, cut)
        if rebuild.damaged and first > rebuild.floor:
            self._forget(needs_input(self._tp, InputGap(rebuild.floor, first), rebuild.damaged), rebuild)
        elif rebuild.damaged and checkpoint.journal_from > rebuild.floor:
            self._forget(needs_journal(self._tp, 0, "to restart their symbols"), rebuild)
        try:
            await replay(self._tp, engine, dirty, rebuild, reader, self._progress)
        except Truncated as lost:
            raise truncated(self._tp, lost.needed, lost.end) from lost
        self._tell(rebuild, stored, engine)
        writer = self._writer(engine, dirty, stored, journal, named)
        state = PartitionState(engine, dirty, writer, checkpoint.origin, found.offset, rebuild.held)
        state.checkpoint, state.epoch = found.checkpoint, found.epoch
        return state

    def _cut_short(self, checkpoint: Checkpoint, named: Named) -> bool:
        """Return whether the state partition lacks records on which the committed offset depends.

        Older records of the same symbols may remain, and look valid. Each opening writes to the partition, so its end
        soon proves nothing; the newest resume record does.
        """
        other = checkpoint.state_id not in (0, named.ids.state)
        if not other and checkpoint.state_end < named.state_end and checkpoint.resume <= named.resume:
            return False
        log.error(
            "the state topic was recreated" if other else "the state topic has lost its last records",
            extra={
                "partition": self._tp.partition,
                "needed": checkpoint.state_end,
                "end": named.state_end - 1,
                "needed_resume": checkpoint.resume,
                "resume": named.resume,
            },
        )
        return True

    def _checkpoint(self, found: Committed, stored: StateRecords, origin: int) -> Checkpoint:
        partitions = self._owner.partitions
        if found.checkpoint is None:
            # An offset set by hand has none; without a resume record the state is that of all input.
            resume = stored.resume
            begun = (resume.origin, resume.replay_from) if resume else (origin, origin)
            return Checkpoint(*begun, saved=0, partitions=partitions, term=resume.term if resume else 0)
        if found.checkpoint.partitions != partitions:
            raise partitions_changed(self._tp.topic, found.checkpoint.partitions, partitions)
        return found.checkpoint

    def _check_journal(self, stored: StateRecords, checkpoint: Checkpoint, ahead: bool) -> None:
        lost = missing(stored.journal, stored.damaged_entries, checkpoint.journal, ahead)
        if lost and self._settings.state.on_loss == "fail":
            raise needs_journal(self._tp, lost, "to go on with those there are")
        if lost:
            log.error("journal entries are lost", extra={"partition": self._tp.partition, "entries": lost})

    def _journal(self, engine: Engine, stored: StateRecords, whole_from: int) -> Journal:
        keep = self._settings.control.keep_journal
        return Journal(engine.controls, self._control_table, stored.journal, whole_from, keep, engine.newest_time)

    def _forget(self, failure: DataError, rebuild: Rebuild) -> None:
        if self._settings.state.on_loss == "fail":
            raise failure
        log.error(
            "symbols restart with sequence 1", extra={"partition": self._tp.partition, "snapshots": rebuild.damaged}
        )
        rebuild.floor = rebuild.unsaved

    def _skip(self, gap: InputGap, found: Committed, stored: StateRecords, named: Named) -> PartitionState:
        if self._settings.processing.on_gap == "fail":
            raise needs_input(self._tp, gap, 0)
        start = max(found.offset, gap.first)
        METRICS.input_gaps.labels(self._tp.partition).inc()
        log.error(
            "input gap: the partition restarts with an empty state",
            extra={"partition": self._tp.partition, "needed": gap.needed, "first": gap.first, "offset": start},
        )
        return self._anew(start, stored, named)

    def _anew(self, start: int, stored: StateRecords, named: Named) -> PartitionState:
        engine, dirty = self._new_engine(), DirtySymbols(self._limits)
        if stored.snapshots:
            log.warning("old snapshots are discarded", extra={"snapshots": len(stored.snapshots), "offset": start})
        journal = self._journal(engine, stored, start)
        writer = self._writer(engine, dirty, StateRecords(), journal, named, obsolete=stored.snapshots)
        return PartitionState(engine, dirty, writer, start, start, {})

    def _writer(
        self,
        engine: Engine,
        dirty: DirtySymbols,
        stored: StateRecords,
        journal: Journal,
        named: Named,
        obsolete: Iterable[bytes] = (),
    ) -> SnapshotWriter:
        symbols = {symbol for key in stored.snapshots if (symbol := symbol_of(key)) is not None}
        topic = self._settings.state_topic
        return SnapshotWriter(topic, self._owner, engine, dirty, symbols, obsolete, journal, named)

    def _tell(self, rebuild: Rebuild, stored: StateRecords, engine: Engine) -> None:
        METRICS.replayed_records.inc(rebuild.replayed)
        if stored.owner and stored.owner.config_hash != self._owner.config_hash and rebuild.replayed:
            # Their outputs were made under the old configuration, which can't be repeated.
            log.warning(
                "configuration changed: unsaved records were replayed under the new one",
                extra={"before": stored.owner.config_hash, "now": self._owner.config_hash, "records": rebuild.replayed},
            )
        log.info(
            "state restored",
            extra={
                "partition": self._tp.partition,
                "symbols": engine.known,
                "snapshots": len(stored.snapshots),
                "state_bytes": stored.size,
                "replayed": rebuild.replayed,
                "warmed_again": len(rebuild.warming),
                "late": rebuild.late,
                "damaged": rebuild.damaged,
                "journal": len(engine.controls),
            },
        )


async def _unknown() -> int:
    return -1
