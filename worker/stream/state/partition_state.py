"""The state of one partition between fetch and commit: engine, dirty symbols, and the next state records."""

from __future__ import annotations

from typing import Any

import numpy as np

from worker.engine.records.raw import RawRecords
from worker.kafka.protocol.offsets import NO_EPOCH
from worker.stream.job import Engine
from worker.stream.state.checkpoint import Checkpoint
from worker.stream.state.dirty import DirtySymbols
from worker.stream.state.placement import Placement
from worker.stream.state.snapshots import SnapshotWriter, Taken


class PartitionState:
    """The state that agrees with one committed offset. After a failed commit it is discarded, never patched."""

    def __init__(
        self,
        engine: Engine,
        dirty: DirtySymbols,
        writer: SnapshotWriter,
        origin: int,
        next_offset: int,
        held: dict[bytes, int],
    ) -> None:
        self.engine = engine
        self.origin = origin  # first input offset that the group has processed
        self.next = next_offset  # first input offset that the group has not processed
        self.checkpoint: Checkpoint | None = None  # of the last commit
        self.epoch = NO_EPOCH  # of the leader that wrote the record before `next`
        self.first = False  # whether the group has no outputs, no state and no commit yet
        self.settled = next_offset  # committed offset; under at_least_once `next` may be ahead of it
        self._dirty, self._writer = dirty, writer
        self._placement = Placement(writer.owner)
        # Under at_least_once a snapshot may be ahead of the committed offset: its symbol's outputs are published.
        self._ahead = {symbol: offset for symbol, offset in held.items() if offset >= next_offset}

    def unseen(self, raw: RawRecords) -> RawRecords:
        """Return the records that have no output yet."""
        if not self._ahead:
            return raw
        held = [self._ahead.get(key or b"", -1) for key in raw.all_keys()]
        return raw.where(raw.rows["offset"] > np.array(held, np.int64))

    def fetched(self, raw: RawRecords) -> None:
        """Note the leader epoch of a fetched batch: all of it, markers included, precedes the next offset."""
        self.epoch = max(self.epoch, raw.epoch)

    def step(self, raw: RawRecords) -> Any:
        """Return the engine's results for records that are `unseen`, at least one."""
        self.meet(raw)
        results = self.engine.step_raw(raw)
        self.followed(raw)
        return results

    def meet(self, raw: RawRecords) -> None:
        """Enter the control records that these `unseen` records meet, before the engine's step."""
        self._writer.journal.use(raw.all_keys, self.next)

    def followed(self, raw: RawRecords) -> None:
        """Note what the engine's step of these records has changed."""
        self._dirty.note(self.engine.touched, raw.rows["offset"])
        self._placement.note(self.engine.touched, self.engine.symbols)

    def begin(self) -> Taken:
        """Return the commit of the group's first offset, before any decision."""
        return self._writer.begin(self.next, self.origin)

    def due(self, position: int, limit: int) -> Taken:
        """Return the state to save with the commit of `position`, oldest first, at most about `limit` bytes."""
        return self._writer.take(self._dirty.due(position), position, self.origin, limit)

    def rest(self, limit: int) -> Taken:
        """Return all unsaved state, oldest first, at most about `limit` bytes."""
        return self._writer.take(self._dirty.all(), self.next, self.origin, limit)

    @property
    def pressing(self) -> bool:
        """Whether the next commit must not wait: a replay would lack the control records of these decisions."""
        return self._writer.journal.pending

    def published(self, position: int) -> None:
        """Mark the outputs up to `position` as published, but not committed."""
        self.next = position

    def committed(self, position: int, taken: Taken) -> None:
        """Mark `position` and the state of `taken` as committed."""
        self.next = self.settled = position
        self.checkpoint = taken.checkpoint
        self._writer.committed(taken)
        if self._ahead and max(self._ahead.values()) < position:
            self._ahead = {}

    def reopened(self, term: int) -> None:
        """Continue with the same owner under a later term."""
        self._writer.reopened(term)

    @property
    def dirty(self) -> bool:
        """Whether any symbol is dirty."""
        return self._dirty.any
