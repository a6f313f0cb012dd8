"""A table and its companion as a sink."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from worker.archive.delta.store import MADE_BY
from worker.archive.delta.table import DeltaTable
from worker.archive.rows.kinds import Kind, unreadable_schema
from worker.archive.rows.pending import beyond
from worker.archive.sink import Identity, Kept, Positions
from worker.errors import ConfigError
from worker.export.delta import Store
from worker.stream.failpoints import failpoint


class DeltaSink:
    """Unreadable records are committed first, with positions of their own: a repeat finds them kept."""

    def __init__(self, store: Store, kind: Kind, identity: Identity) -> None:
        self.kind = kind
        self._address = store.table(kind.name)
        self._rows = DeltaTable(store, kind.name, kind.topic, kind.schema, identity)
        self._unreadable = DeltaTable(store, kind.companion, kind.topic, unreadable_schema(), identity)

    def load(self, partitions: list[int]) -> dict[int, int | None]:
        """Read both tables, the main one created if it is missing; return its positions.

        Raises:
            StoreUnavailable, AlphapulseError: as `Sink.load`.
        """
        if not self._rows.load(partitions):
            self._rows.create()
        self._unreadable.load(partitions)
        return self._rows.positions

    def append(self, rows: Any, unreadable: Any, before: Positions, after: Mapping[int, int]) -> None:
        """Append rows, what is unreadable before the others.

        Raises:
            Conflict, StoreUnavailable, AlphapulseError: as `Sink.append`.
        """
        if len(unreadable):
            self._keep_unreadable(unreadable, after)
        failpoint("archive_committing")
        self._rows.append(rows, before, after)

    def _keep_unreadable(self, unreadable: Any, after: Mapping[int, int]) -> None:
        if not self._unreadable.exists:
            self._unreadable.create()
        kept = self._unreadable.positions
        new = beyond(unreadable, kept)
        if len(new):
            positions = {p: max(offset, kept[p] or 0) for p, offset in after.items()}
            self._unreadable.append(new, kept, positions)
            failpoint("archive_unreadable_kept")

    def look(self, partitions: list[int]) -> Kept:
        """Read both tables, and make none.

        Raises:
            ConfigError: there is no main table: it would be no proof that nothing in it is wrong.
            StoreUnavailable, AlphapulseError: as `Sink.load`.
        """
        if not self._rows.load(partitions):
            raise ConfigError(
                f"there is no table {self._address}: nothing of {self.kind.topic} was archived there",
                MADE_BY,
            )
        self._unreadable.load(partitions)
        rows, others = self._rows.offsets(partitions), self._unreadable.offsets(partitions)
        # Of the companion only what the table's position covers is sure to be no repeat's forerunner.
        positions = self._rows.positions
        covered = {p: others[p][others[p] < (positions[p] or 0)] for p in partitions}
        offsets = {p: np.sort(np.concatenate([rows[p], covered[p]])) for p in partitions}
        return Kept(positions, offsets, {p: len(found) for p, found in covered.items()})

    def close(self) -> None:
        """Release nothing: connections end with the handles."""
