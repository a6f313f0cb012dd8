"""From what is committed to a partition's state: read its snapshots, replay the rest, or begin anew."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.state import StateOwner
from worker.errors import DataError
from worker.settings import Settings
from worker.stream.board import Board
from worker.stream.checkpoint import Checkpoint, Committed, parse
from worker.stream.envelope import symbol_of
from worker.stream.job import Engine
from worker.stream.journal import Journal, missing
from worker.stream.reading import Reader
from worker.stream.restore import (
    InputGap,
    Progress,
    Rebuild,
    load_snapshots,
    needs_input,
    needs_journal,
    replay,
)
from worker.stream.seams import committed_with_metadata
from worker.stream.seams.fetching import decoding
from worker.stream.snapshots import SnapshotWriter
from worker.stream.state import PartitionState
from worker.stream.stored import Stored, check_owner, partitions_changed, read_state
from worker.stream.unsaved import Limits, Unsaved
from worker.telemetry.metrics import METRICS

log = logging.getLogger(__name__)


async def committed(consumer: AIOKafkaConsumer, tp: TopicPartition) -> Committed | None:
    """What the group has committed for a partition; None when it has committed nothing."""
    found = await committed_with_metadata(consumer, tp)
    return None if found is None else Committed(found.offset, parse(found.metadata or ""))


class Opening:
    """Restores the state of one partition."""

    def __init__(
        self,
        tp: TopicPartition,
        settings: Settings,
        options: dict[str, Any],
        owner: StateOwner,
        new_engine: Callable[[], Engine],
        progress: Progress,
        board: Board | None = None,
    ) -> None:
        self._tp, self._settings = tp, settings
        self._options = options | decoding(settings.processing.fast_path)
        self._owner, self._new_engine, self._progress = owner, new_engine, progress
        self._board = board
        self._limits = Limits(settings.state.save_records, settings.state.save_offsets)

    def check_partitions(self, count: int) -> None:
        """Refuse an input that has grown since this worker started.

        Raises:
            ConfigError: it has `count` partitions.
        """
        if count > self._owner.partitions:
            raise partitions_changed(self._tp.topic, self._owner.partitions, count)

    async def state(self, found: Committed | None) -> PartitionState:
        """The state for exactly the committed offset.

        Raises:
            ConfigError: the state topic holds another input's state, or that of another partition count.
            DataError: the input no longer has what the state needs.
        """
        async with Reader(self._options) as reader:
            stored = await read_state(reader, TopicPartition(self._settings.state_topic, self._tp.partition))
            check_owner(stored.owner, self._owner)
            first, _ = await reader.bounds(self._tp)
            if found is None:
                return self._anew(first, stored)
            try:
                return await self._restored(found, stored, first, reader)
            except InputGap as gap:
                return self._skip(gap, found, stored)

    async def _restored(self, found: Committed, stored: Stored, first: int, reader: Reader) -> PartitionState:
        checkpoint = self._checkpoint(found, stored)
        if first > found.offset:
            raise InputGap(found.offset, first)
        engine, unsaved = self._new_engine(), Unsaved(self._limits)
        ahead = self._settings.processing.guarantee == "at_least_once"
        self._check_journal(stored, checkpoint, ahead)
        journal = self._journal(engine, stored, checkpoint.journal_from)
        rebuild = await load_snapshots(stored, checkpoint, found.offset, ahead, engine, unsaved)
        if rebuild.damaged and first > rebuild.floor:
            self._forget(needs_input(self._tp, InputGap(rebuild.floor, first), rebuild.damaged), rebuild, checkpoint)
        elif rebuild.damaged and checkpoint.journal_from > rebuild.floor:
            self._forget(needs_journal(self._tp, 0, "to begin their symbols anew"), rebuild, checkpoint)
        await replay(self._tp, engine, unsaved, rebuild, reader, self._progress)
        self._tell(rebuild, stored, engine)
        writer = self._writer(engine, unsaved, stored, journal)
        state = PartitionState(engine, unsaved, writer, checkpoint.origin, found.offset, rebuild.held)
        state.checkpoint = found.checkpoint
        return state

    def _checkpoint(self, found: Committed, stored: Stored) -> Checkpoint:
        partitions = self._owner.partitions
        if found.checkpoint is None:
            # An offset that was set by hand carries none; without a record of ours the state is that of all input.
            resume = stored.resume
            return Checkpoint(resume.origin, resume.replay_from, 0, partitions) if resume else Checkpoint(0, 0, 0, 0)
        if found.checkpoint.partitions != partitions:
            raise partitions_changed(self._tp.topic, found.checkpoint.partitions, partitions)
        return found.checkpoint

    def _check_journal(self, stored: Stored, checkpoint: Checkpoint, ahead: bool) -> None:
        lost = missing(stored.journal, stored.damaged_entries, checkpoint.journal, ahead)
        if lost and self._settings.state.on_loss == "fail":
            raise needs_journal(self._tp, lost, "to go on with those there are")
        if lost:
            log.error("journal entries are lost", extra={"partition": self._tp.partition, "entries": lost})

    def _journal(self, engine: Engine, stored: Stored, whole_from: int) -> Journal:
        keep = self._settings.control.keep_journal
        return Journal(engine.controls, self._board, stored.journal, whole_from, keep)

    def _forget(self, failure: DataError, rebuild: Rebuild, checkpoint: Checkpoint) -> None:
        if self._settings.state.on_loss == "fail":
            raise failure
        log.error("symbols begin anew", extra={"partition": self._tp.partition, "snapshots": rebuild.damaged})
        rebuild.floor = checkpoint.replay_from

    def _skip(self, gap: InputGap, found: Committed, stored: Stored) -> PartitionState:
        if self._settings.processing.on_gap == "fail":
            raise needs_input(self._tp, gap, 0)
        start = max(found.offset, gap.first)
        METRICS.input_gaps.labels(self._tp.partition).inc()
        log.error(
            "input gap: the partition's state begins anew",
            extra={"partition": self._tp.partition, "needed": gap.needed, "first": gap.first, "offset": start},
        )
        return self._anew(start, stored)

    def _anew(self, start: int, stored: Stored) -> PartitionState:
        engine, unsaved = self._new_engine(), Unsaved(self._limits)
        if stored.snapshots:
            log.warning("old snapshots are of no use", extra={"snapshots": len(stored.snapshots), "offset": start})
        journal = self._journal(engine, stored, start)
        writer = self._writer(engine, unsaved, Stored(), journal, obsolete=stored.snapshots)
        return PartitionState(engine, unsaved, writer, start, start, {})

    def _writer(
        self,
        engine: Engine,
        unsaved: Unsaved,
        stored: Stored,
        journal: Journal,
        obsolete: Iterable[bytes] = (),
    ) -> SnapshotWriter:
        symbols = {symbol for key in stored.snapshots if (symbol := symbol_of(key)) is not None}
        return SnapshotWriter(self._settings.state_topic, self._owner, engine, unsaved, symbols, obsolete, journal)

    def _tell(self, rebuild: Rebuild, stored: Stored, engine: Engine) -> None:
        METRICS.replayed_records.inc(rebuild.replayed)
        if stored.owner and stored.owner.config_hash != self._owner.config_hash and rebuild.replayed:
            # Their outputs were made under the other configuration, which we can't repeat.
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
                "damaged": rebuild.damaged,
                "journal": len(engine.controls),
            },
        )
