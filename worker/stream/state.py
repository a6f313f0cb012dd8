"""The state of one partition between fetch and commit: the engine, what of it is unsaved, and what goes to the state
topic with the next transaction."""

from __future__ import annotations

from collections.abc import Sequence

from schemas import Decision, Rejection
from worker.engine.partition import PartitionEngine
from worker.stream.checkpoint import Checkpoint
from worker.stream.reading import Consumed
from worker.stream.restore import offsets_of, to_records
from worker.stream.snapshots import SnapshotWriter, Taken
from worker.stream.unsaved import Unsaved


class PartitionState:
    """Everything that agrees with one committed offset. After a failed commit it is dropped, never patched."""

    def __init__(
        self,
        engine: PartitionEngine,
        unsaved: Unsaved,
        writer: SnapshotWriter,
        origin: int,
        next_offset: int,
        held: dict[bytes, int],
    ) -> None:
        self.engine = engine
        self.origin = origin  # first input offset that the group has processed
        self.next = next_offset  # first input offset that it has not
        self.checkpoint: Checkpoint | None = None  # of our last commit
        self._unsaved, self._writer = unsaved, writer
        # At least once a snapshot may be ahead of the committed offset: its symbol's outputs are there already.
        self._ahead = {symbol: offset for symbol, offset in held.items() if offset >= next_offset}

    def process(self, records: Sequence[Consumed]) -> tuple[Sequence[Consumed], Sequence[Decision | Rejection]]:
        """The records that have no outcome yet, and their outcomes."""
        if self._ahead:
            records = [r for r in records if r.offset > self._ahead.get(r.key or b"", -1)]
        if not records:
            return (), ()
        offsets = offsets_of(records)
        self._writer.journal.use((r.key for r in records), self.next)
        outcomes = self.engine.process(to_records(records), offsets)
        self._unsaved.note(self.engine.touched, offsets)
        return records, outcomes

    def due(self, position: int, limit: int) -> Taken:
        """What must be saved with the commit of `position`, oldest first, at most about `limit` bytes of it."""
        return self._writer.take(self._unsaved.due(position), position, self.origin, limit)

    def rest(self, limit: int) -> Taken:
        """What is unsaved at all, oldest first, at most about `limit` bytes of it."""
        return self._writer.take(self._unsaved.all(), self.next, self.origin, limit)

    def committed(self, position: int, taken: Taken) -> None:
        """The transaction is there for good."""
        self.next, self.checkpoint = position, taken.checkpoint
        self._writer.committed(taken)
        if self._ahead and max(self._ahead.values()) < position:
            self._ahead = {}

    @property
    def dirty(self) -> bool:
        """Whether anything is unsaved."""
        return self._unsaved.any
