"""The state of one partition between fetch and commit: the engine, what of it is unsaved, and what goes to the state
topic with the next transaction."""

from __future__ import annotations

from typing import Any

import numpy as np

from worker.engine.records.raw import RawRecords
from worker.kafka.protocol.offsets import NO_EPOCH
from worker.stream.job import Engine
from worker.stream.placement import Placement
from worker.stream.state.checkpoint import Checkpoint
from worker.stream.state.dirty import DirtySymbols
from worker.stream.state.snapshots import SnapshotWriter, Taken


class PartitionState:
    """Everything that agrees with one committed offset. After a failed commit it is dropped, never patched."""

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
        self.next = next_offset  # first input offset that it has not
        self.checkpoint: Checkpoint | None = None  # of our last commit
        self.epoch = NO_EPOCH  # of the leader that wrote the record before `next`
        self.first = False  # whether nobody has seen the group at work
        self.settled = next_offset  # that the group has committed; at least once `next` runs ahead of it for a while
        self._dirty, self._writer = dirty, writer
        self._placement = Placement(writer.owner)
        # At least once a snapshot may be ahead of the committed offset: its symbol's outputs are there already.
        self._ahead = {symbol: offset for symbol, offset in held.items() if offset >= next_offset}

    def unseen(self, raw: RawRecords) -> RawRecords:
        """The records that have no output yet."""
        if not self._ahead:
            return raw
        held = [self._ahead.get(key or b"", -1) for key in raw.all_keys()]
        return raw.where(raw.rows["offset"] > np.array(held, np.int64))

    def fetched(self, raw: RawRecords) -> None:
        """All of a batch, markers that are no records included, lies before the next offset."""
        self.epoch = max(self.epoch, raw.epoch)

    def step(self, raw: RawRecords) -> Any:
        """What the engine makes of records that are `unseen`, at least one."""
        self._writer.journal.use(raw.all_keys, self.next)
        results = self.engine.step_raw(raw)
        self._dirty.note(self.engine.touched, raw.rows["offset"])
        self._placement.note(self.engine.touched, self.engine.symbols)
        return results

    def begin(self) -> Taken:
        """What to commit before anything is decided: where the group begins."""
        return self._writer.begin(self.next, self.origin)

    def due(self, position: int, limit: int) -> Taken:
        """What must be saved with the commit of `position`, oldest first, at most about `limit` bytes of it."""
        return self._writer.take(self._dirty.due(position), position, self.origin, limit)

    def rest(self, limit: int) -> Taken:
        """What is unsaved at all, oldest first, at most about `limit` bytes of it."""
        return self._writer.take(self._dirty.all(), self.next, self.origin, limit)

    @property
    def pressing(self) -> bool:
        """Whether the next commit must not wait: a replay would not know what decided these records."""
        return self._writer.journal.pending

    def published(self, position: int) -> None:
        """The outputs up to `position` are there, its commit is not."""
        self.next = position

    def committed(self, position: int, taken: Taken) -> None:
        """The transaction is there for good."""
        self.next = self.settled = position
        self.checkpoint = taken.checkpoint
        self._writer.committed(taken)
        if self._ahead and max(self._ahead.values()) < position:
            self._ahead = {}

    def reopened(self, term: int) -> None:
        """Whoever has it goes on with it, under a later term."""
        self._writer.reopened(term)

    @property
    def dirty(self) -> bool:
        """Whether anything is unsaved."""
        return self._dirty.any
