"""The works of upkeep on one Delta table. Each loads it first, and may be repeated or cut short at any point."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from worker.archive.delta.objects import objects
from worker.archive.delta.store import translated
from worker.archive.delta.table import SORTED
from worker.archive.upkeep.rewriting import Rewriting
from worker.archive.upkeep.sorting.external import Room
from worker.export.columns import arrow
from worker.export.delta import Store, module
from worker.stream.failpoints import failpoint


class Day(NamedTuple):
    """The files of one UTC date."""

    date: str  # as the partition is named
    files: int
    bytes: int
    rows: int
    sorted: bool  # all of them together


class Upkeep:
    """The works on one table."""

    def __init__(self, store: Store, name: str, file_bytes: int) -> None:
        self._store, self._name, self._bytes = store, name, file_bytes

    def days(self) -> list[Day] | None:
        """Return the table's days, the oldest first; None if there is no table.

        Raises:
            StoreUnavailable, AlphapulseError: the store does not answer, or refuses.
        """
        with translated(self._store, self._name):
            handle = self._loaded()
            return None if handle is None else _days(handle)

    def compact(self, room: Room) -> dict[str, int]:
        """Put the small files of each day that is not sorted together.

        Raises:
            Conflict: others changed the same files; repeat it.
            StoreUnavailable, AlphapulseError: as `days`.
        """
        removed = added = 0
        with translated(self._store, self._name):
            handle = self._loaded()
            days = [] if handle is None else [day.date for day in _days(handle) if day.files > 1 and not day.sorted]
            for day in days:
                failpoint("archive_compacting")
                found = Rewriting(self._found, objects(self._store, self._name), self._bytes, room).compact(day)
                removed, added = removed + found[0], added + found[1]
        return {"days": len(days), "removed": removed, "added": added}

    def sort(self, before: date, room: Room) -> dict[str, int]:
        """Sort the days before a date by symbol and time, each that has got rows since it was sorted.

        Raises:
            NoRoom: the rows of a day do not find room on the local disk.
            Conflict, StoreUnavailable, AlphapulseError: as `compact`.
        """
        with translated(self._store, self._name):
            handle = self._loaded()
            days = [] if handle is None else [day.date for day in _days(handle) if not day.sorted]
            days = [day for day in days if day < before.isoformat()]
            for day in days:
                failpoint("archive_sorting")
                Rewriting(self._found, objects(self._store, self._name), self._bytes, room).sort(day)
        return {"days": len(days)}

    def retain(self, days: int, now: datetime | None = None) -> dict[str, int]:
        """Drop the rows of dates that lie more than so many days back.

        Raises:
            Conflict, StoreUnavailable, AlphapulseError: as `compact`.
        """
        first = (now or datetime.now(UTC)).date() - timedelta(days)
        with translated(self._store, self._name):
            handle = self._loaded()
            if handle is None or all(day.date >= first.isoformat() for day in _days(handle)):
                return {"rows": 0}
            found = handle.delete(f"date < '{first.isoformat()}'")
        return {"rows": found["num_deleted_rows"]}

    def vacuum(self, days: int) -> dict[str, int]:
        """Delete files that the table has not needed for so many days, and the log's entries behind a checkpoint.

        Raises:
            Conflict, StoreUnavailable, AlphapulseError: as `compact`.
        """
        with translated(self._store, self._name):
            handle = self._loaded()
            if handle is None:
                return {"files": 0}
            gone = handle.vacuum(days * 24, dry_run=False, enforce_retention_duration=False, full=True)
            handle.create_checkpoint()
            handle.cleanup_metadata()
        return {"files": len(gone)}

    def _loaded(self) -> Any:
        try:
            return self._found()
        except module().exceptions.TableNotFoundError:
            return None

    def _found(self) -> Any:
        return module().DeltaTable(self._store.table(self._name), storage_options=self._store.options)


def _days(handle: Any) -> list[Day]:
    pa = arrow()
    actions = pa.table(handle.get_add_actions(flatten=True))
    if not len(actions):
        return []
    grouped = actions.group_by("partition.date").aggregate(
        [("path", "count"), ("size_bytes", "sum"), ("num_records", "sum")]
    )
    days = []
    for row in sorted(grouped.to_pylist(), key=lambda row: str(row["partition.date"])):
        name = str(row["partition.date"])
        rows = row["num_records_sum"]
        found = handle.transaction_version(SORTED + name)
        days.append(Day(name, row["path_count"], row["size_bytes_sum"], rows, found == rows))
    return days
