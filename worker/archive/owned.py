"""The partitions of one table that this member owns: what is kept, what is read, and what waits between the two."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence

from worker.archive.rows.encoding import Encoder
from worker.archive.rows.pending import Pending
from worker.archive.sink import Sink
from worker.engine.records.raw import RawRecords
from worker.errors import DataError
from worker.kafka.errors import OutcomeUnknown
from worker.stream.failpoints import failpoint
from worker.telemetry.metrics import METRICS

log = logging.getLogger(__name__)
SLICE = 2_000  # records that are objects at one time


class Owned:
    """All methods but the properties block, and run in one thread at a time."""

    def __init__(self, sink: Sink, partitions: Sequence[int]) -> None:
        self.sink, self.partitions = sink, sorted(partitions)
        self.pending = Pending(sink.kind)
        self.kept: dict[int, int | None] = {}  # positions in the table, as it was last seen
        self.read: dict[int, int] = {}  # next offset to read
        self.since = 0.0  # monotonic seconds, when the first row came that waits
        self._encoder = Encoder(sink.kind)

    def load(self) -> dict[int, int | None]:
        """Read the positions of the table.

        Raises:
            StoreUnavailable, AlphapulseError: as `Sink.load`.
        """
        failpoint("archive_loading")
        self.kept = self.sink.load(self.partitions)
        failpoint("archive_loaded")
        return self.kept

    def begin(self, starts: dict[int, int]) -> None:
        """Note where reading begins, by partition."""
        self.read = dict(starts)

    def take(self, partition: int, fetched: list[RawRecords], begun: int, position: int) -> None:
        """Encode records of a partition that were read from `begun` up to `position` (exclusive).

        Raises:
            OutcomeUnknown: they are not the next ones.
            ConfigError: a record has a newer schema.
        """
        at = self.read[partition]
        if begun != at:
            raise OutcomeUnknown(f"{self.sink.kind.topic} partition {partition} was read from {begun}, not from {at}")
        for raw in fetched:
            if not len(raw):
                continue
            first, last = int(raw.rows["offset"][0]), int(raw.rows["offset"][-1])
            if first < at:
                raise OutcomeUnknown(f"{self.sink.kind.topic} partition {partition} gave {first} instead of {at}")
            if not self.pending:
                self.since = time.monotonic()
            for begin in range(0, len(raw), SLICE):
                self.pending.put(self._encoder.encode(partition, raw.slice(begin, begin + SLICE)))
            at = last + 1
        self.read[partition] = max(at, position)
        if fetched:
            failpoint("archive_taken")

    def commit(self) -> bool:
        """Commit all that waits; return False if nothing did.

        Raises:
            Conflict, StoreUnavailable, AlphapulseError: as `Sink.append`.
        """
        if not self.pending:
            return False
        begun, kind = time.monotonic(), self.sink.kind
        rows, unreadable = self.pending.arranged()
        failpoint("archive_appending")
        self.sink.append(rows, unreadable, self.kept, self.read)
        failpoint("archive_committed")
        self.kept = dict(self.read)
        METRICS.count_archived(kind.name, len(rows), len(unreadable), time.monotonic() - begun)
        told = {"table": kind.name, "rows": len(rows), "unreadable": len(unreadable)}
        log.info("archived", extra=told | {"seconds": round(time.monotonic() - begun, 3)})
        self.pending.clear()
        return True

    def settle(self) -> dict[int, int]:
        """Load the table again, drop what it holds already, and return the partitions that must be read from elsewhere.

        Raises:
            DataError: a position has gone back.
            StoreUnavailable, AlphapulseError: as `Sink.load`.
        """
        before, now = self.kept, self.sink.load(self.partitions)
        for partition, position in before.items():
            found = now[partition]
            if position is not None and (found is None or found < position):
                raise DataError(
                    f"the table {self.sink.kind.name} knows partition {partition} up to {found or 0}, but this process "
                    f"has archived it up to {position}: the table was replaced by an older one",
                    "Restore the newest table; or start again: the archive then goes on from what this table holds",
                )
        dropped = self.pending.drop(now)
        log.warning("the table was loaded again", extra={"table": self.sink.kind.name, "dropped": dropped})
        self.kept = now
        ahead = {p: at for p, at in now.items() if at is not None and at > self.read[p]}
        self.read |= ahead
        return ahead
