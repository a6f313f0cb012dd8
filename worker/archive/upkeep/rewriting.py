"""Data files of one day of a Delta table replaced by others with the same rows, in one commit.

The upkeep of deltalake itself does not see that another one has replaced the same files since (1.6.6), and would keep
both: every row twice. So a commit is tried only from a version in which all files that it removes are there.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from typing import Any

from worker.archive.delta.table import RETRIES, ROW_GROUP, SORTED
from worker.archive.sink import Conflict, StoreUnavailable
from worker.archive.turn import Turns
from worker.archive.upkeep.files import PARTITION, DataFile, DayFiles, Writer
from worker.archive.upkeep.sorting.external import Room, in_order
from worker.export.columns import arrow
from worker.export.delta import module
from worker.stream.failpoints import failpoint
from worker.version import __version__

BATCH_BYTES = 12_582_912  # of rows in memory that are written at once
SMALL = 0.5  # of the wanted size: a file that is larger is left alone


class Rewriting:
    """The works on the files of days, each as the newest state of the table has them.

    Files of a commit that failed are not deleted here, since its answer may be what failed; vacuum finds them.
    """

    def __init__(self, load: Callable[[], Any], fs: Any | None, file_bytes: int, room: Room) -> None:
        """Create it; `fs` reads and writes the table's files, None: as the table itself does."""
        self._load, self._fs, self._bytes, self._room = load, fs, file_bytes, room
        self._handle = load()

    def sort(self, date: str) -> None:
        """Sort a day. Rows that come meanwhile stay as they are, and make the mark of a sorted day a wrong one.

        Raises:
            NoRoom: the rows do not find room on the local disk.
            Conflict: others replaced the same files.
            StoreUnavailable: a file did not give all its rows.
            OSError, DeltaError: the store does not answer.
        """
        files = self.files(date)
        size = sum(file.bytes for file in files)
        rows, writer = self._opened(date, files, math.ceil(size / max(round(size / self._bytes), 1)))
        with closing(in_order(rows, rows.schema, self._room)) as tables:
            for table in tables:
                writer.put(table)
        with self._room.turns.taken():
            writer.finish()
        self._commit(date, files, writer, [module().Transaction(SORTED + date, writer.rows)])

    def compact(self, date: str) -> tuple[int, int]:
        """Put the small files of a day together; return how many were removed and added.

        Raises:
            Conflict, StoreUnavailable, OSError, DeltaError: as `sort`.
        """
        removed = added = 0
        for files in together(self.files(date), self._bytes):
            rows, writer = self._opened(date, files, 2 * self._bytes)
            with closing(_tables(rows, self._room.turns)) as tables:
                for table in tables:
                    writer.put(table)
            with self._room.turns.taken():
                writer.finish()
            self._commit(date, files, writer, [])
            removed, added = removed + len(files), added + len(writer.actions)
        return removed, added

    def files(self, date: str) -> list[DataFile]:
        """Return the data files of a day, as the table was last loaded."""
        actions = arrow().table(self._handle.get_add_actions(flatten=True)).to_pylist()
        found = [row for row in actions if str(row[f"partition.{PARTITION}"]) == date]
        return [DataFile(row["path"], row["size_bytes"], row["num_records"]) for row in found]

    def _opened(self, date: str, files: Sequence[DataFile], size: int) -> tuple[DayFiles, Writer]:
        # It refuses what this program can't read, such as rows that are marked as deleted.
        dataset = self._handle.to_pyarrow_dataset()
        schema = dataset.schema.remove(dataset.schema.get_field_index(PARTITION))
        fs = dataset.filesystem if self._fs is None else self._fs
        return DayFiles(fs, files, schema), Writer(fs, date, schema, size)

    def _commit(self, date: str, files: Sequence[DataFile], writer: Writer, marks: list[Any]) -> None:
        known = [file.rows for file in files if file.rows is not None]
        if len(known) == len(files) and sum(known) != writer.rows:
            raise StoreUnavailable(f"{date} has {sum(known)} rows by the table's log, but {writer.rows} were read")
        deltalake, now = module(), int(time.time() * 1000)
        gone = [
            deltalake.transaction.RemoveAction(file.path, False, now, file.bytes, {PARTITION: date}) for file in files
        ]
        failpoint("archive_rewritten")
        for _ in range(RETRIES):
            if not {*files} <= {*self.files(date)}:
                raise Conflict(f"the files of {date} were replaced by others")
            try:
                self._handle.create_write_transaction(
                    [*writer.actions, *gone],
                    "append",
                    self._handle.schema(),
                    [PARTITION],
                    commit_properties=deltalake.CommitProperties(
                        custom_metadata={"alphapulse": __version__},
                        app_transactions=marks,
                        max_commit_retries=0,  # of its own, which would not look at the files
                    ),
                )
            except deltalake.exceptions.CommitFailedError:
                self._handle = self._load()  # another commit came first, or this one's answer was lost
            else:
                self._handle = self._load()
                return
        raise Conflict("others committed again and again")


def together(files: Sequence[DataFile], size: int) -> list[list[DataFile]]:
    """Return the groups of small files, each at most about `size` bytes, that are worth to be one file."""
    groups: list[list[DataFile]] = []
    for file in sorted(file for file in files if file.bytes < size * SMALL):
        if not groups or sum(other.bytes for other in groups[-1]) + file.bytes > size:
            groups.append([])
        groups[-1].append(file)
    return [group for group in groups if len(group) > 1]


def _tables(rows: DayFiles, turns: Turns) -> Generator[Any, None, None]:
    """Yield the rows as they come, in tables of about a row group; the turn is held as by `in_order`."""
    reading, pa = rows.batches(), arrow()
    while True:
        with turns.taken():
            held, count, size = list[Any](), 0, 0
            while count < ROW_GROUP and size < BATCH_BYTES and (batch := next(reading, None)) is not None:
                held.append(batch)
                count, size = count + len(batch), size + batch.nbytes
            if not held:
                return
            yield pa.Table.from_batches(held)
