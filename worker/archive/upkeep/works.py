"""The works of upkeep on one Delta table. Each loads it first, and may be repeated or cut short at any point."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from worker.archive.delta.store import translated
from worker.archive.delta.table import SORTED, writer_properties
from worker.export.columns import arrow
from worker.export.delta import Store, module
from worker.stream.failpoints import failpoint

SORT_MEMORY = 134_217_728  # bytes that sorting may take beside archiving; it holds much of a day at once
EXHAUSTED = "Resources exhausted"
ONE = 1  # files are written one after the other, so that memory is bounded

log = logging.getLogger(__name__)


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

    def days(self) -> list[Day]:
        """Return the table's days, the oldest first; none if there is no table.

        Raises:
            StoreUnavailable, AlphapulseError: the store does not answer, or refuses.
        """
        with translated(self._store, self._name):
            handle = self._loaded()
            return [] if handle is None else _days(handle)

    def compact(self) -> dict[str, int]:
        """Put the small files of each day that is not sorted together.

        Raises:
            Conflict: others changed the same files; repeat it.
            StoreUnavailable, AlphapulseError: as `days`.
        """
        with translated(self._store, self._name):
            handle = self._loaded()
            days = [] if handle is None else [day.date for day in _days(handle) if day.files > 1 and not day.sorted]
            removed = added = 0
            for day in days:
                failpoint("archive_compacting")
                found = handle.optimize.compact(
                    [("date", "=", day)],
                    target_size=self._bytes,
                    max_concurrent_tasks=ONE,
                    writer_properties=writer_properties(),
                )
                removed, added = removed + found["numFilesRemoved"], added + found["numFilesAdded"]
        return {"days": len(days), "removed": removed, "added": added}

    def sort(self, before: date, memory: int | None = None) -> dict[str, int]:
        """Sort the days before a date by symbol and time, each that has got rows since it was sorted.

        A day that does not fit into `memory` (bytes; None: all there is) is left as it is, and the log tells it.

        Raises:
            Conflict, StoreUnavailable, AlphapulseError: as `compact`.
        """
        deltalake = module()
        with translated(self._store, self._name):
            handle = self._loaded()
            days = [] if handle is None else [day for day in _days(handle) if not day.sorted]
            days = [day for day in days if day.date < before.isoformat()]
            names = [] if handle is None else _columns(handle)
            done = 0
            for day in days:
                failpoint("archive_sorting")
                try:
                    handle.optimize.z_order(
                        names,
                        [("date", "=", day.date)],
                        target_size=self._bytes,
                        max_concurrent_tasks=ONE,
                        **({} if memory is None else {"max_spill_size": memory}),
                        writer_properties=writer_properties(),
                    )
                except deltalake.exceptions.DeltaError as error:
                    if memory is None or EXHAUSTED not in str(error):
                        raise
                    self._tell_too_large(day)
                    continue
                done += 1
                # Sorting can't commit a mark of its own. Rows that came between make it a wrong one: sorted again.
                mark = deltalake.Transaction(SORTED + day.date, day.rows)
                deltalake.write_deltalake(
                    handle,
                    arrow().schema(handle.schema()).empty_table(),
                    mode="append",
                    commit_properties=deltalake.CommitProperties(app_transactions=[mark]),
                )
        return {"days": done}

    def _tell_too_large(self, day: Day) -> None:
        fix = "Run `alphapulse archive compact --sort` where there is memory for the whole day"
        log.warning("a day is too large to be sorted here", extra={"table": self._name, "date": day.date, "fix": fix})

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
        deltalake = module()
        try:
            return deltalake.DeltaTable(self._store.table(self._name), storage_options=self._store.options)
        except deltalake.exceptions.TableNotFoundError:
            return None


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


def _columns(handle: Any) -> list[str]:
    names = {field.name for field in handle.schema().fields}
    return [name for name in ("symbol", "ts") if name in names] or ["partition", "offset"]
