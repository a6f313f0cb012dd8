"""The data files of one day of a Delta table, read as rows and written anew."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from worker.archive.delta.table import LEVEL, ROW_GROUP
from worker.export.columns import arrow
from worker.export.delta import module

BATCH_BYTES = 3_145_728  # that are read at once, by the files' own account
MOST_ROWS = 5_000  # of a batch
FILTERED = ("partition", "offset", "symbol", "ts", "close_ts")  # columns whose bounds spare readers a file
MOST_TEXT = 256  # characters of a bound; a longer one is left out
PARTITION = "date"  # the column that the folders' names hold


class DataFile(NamedTuple):
    """A data file, as the table's log names it."""

    path: str
    bytes: int
    rows: int | None  # None: the log does not tell


class DayFiles:
    """The rows of some data files, in no order, without their date."""

    def __init__(self, fs: Any, files: Sequence[DataFile], schema: Any) -> None:
        self.rows = sum(file.rows or MOST_ROWS for file in files)
        self.schema = schema
        self._fs, self._files = fs, files
        first = next(self.batches(), None)  # as wide as the others, about
        self.bytes = first.nbytes * self.rows // len(first) if first else 0

    def batches(self, columns: list[str] | None = None) -> Iterator[Any]:
        """Yield all rows as pyarrow RecordBatches, or some of their columns; a column that a file lacks is null."""
        pa, parquet = arrow(), arrow("pyarrow.parquet")
        schema = self.schema if columns is None else pa.schema([self.schema.field(name) for name in columns])
        for file in self._files:
            with self._fs.open_input_file(file.path) as opened:
                read = parquet.ParquetFile(opened, pre_buffer=True)
                names = [name for name in schema.names if name in read.schema_arrow.names]
                # Of one row group after the other: what is fetched ahead stays small.
                for group in range(read.num_row_groups):
                    about = read.metadata.row_group(group)
                    rows = BATCH_BYTES * about.num_rows // max(about.total_byte_size, 1)
                    size = max(min(rows, MOST_ROWS), 1)
                    for batch in read.iter_batches(size, row_groups=[group], columns=names, use_threads=False):
                        if len(batch):
                            yield _aligned(batch, schema)


def _aligned(batch: Any, schema: Any) -> Any:
    pa, found = arrow(), dict(zip(batch.schema.names, batch.columns, strict=True))
    columns = [
        found[field.name].cast(field.type) if field.name in found else pa.nulls(len(batch), field.type)
        for field in schema
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema)


class Writer:
    """Data files of about the same size, from rows in order."""

    def __init__(self, fs: Any, date: str, schema: Any, file_bytes: int) -> None:
        self.actions: list[Any] = []  # of the files that are finished
        self.rows = 0
        self._fs, self._date, self._schema, self._file_bytes = fs, date, schema, file_bytes
        self._open: _Open | None = None

    def put(self, table: Any) -> None:
        """Write rows that follow those before."""
        if self._open is None:
            path = f"{PARTITION}={self._date}/part-{len(self.actions):05d}-{uuid.uuid4()}-c000.zstd.parquet"
            self._open = _Open(self._fs, path, self._schema)
        self._open.put(table)
        self.rows += len(table)
        if self._open.bytes >= self._file_bytes:
            self.finish()

    def finish(self) -> None:
        """Finish the file that is open."""
        if self._open is not None:
            self.actions.append(self._open.finish(self._date))
            self._open = None


class _Open:
    def __init__(self, fs: Any, path: str, schema: Any) -> None:
        self._path = path
        self._out = fs.open_output_stream(path)
        self._writer = arrow("pyarrow.parquet").ParquetWriter(
            self._out, schema, compression="zstd", compression_level=LEVEL
        )
        self._rows = 0
        self._bounds: dict[str, tuple[Any, Any]] = {}
        self._nulls: dict[str, int] = {}

    @property
    def bytes(self) -> int:
        size: int = self._out.tell()
        return size

    def put(self, table: Any) -> None:
        groups = -(-len(table) // ROW_GROUP)
        self._writer.write_table(table, row_group_size=-(-len(table) // groups))
        self._rows += len(table)
        for name in FILTERED:
            if name in table.schema.names:
                self._note(name, table[name])

    def _note(self, name: str, column: Any) -> None:
        self._nulls[name] = self._nulls.get(name, 0) + column.null_count
        found = arrow("pyarrow.compute").min_max(column).as_py()
        own = [value for value in (found["min"], found["max"], *self._bounds.get(name, ())) if value is not None]
        if own:
            self._bounds[name] = (min(own), max(own))

    def finish(self, date: str) -> Any:
        self._writer.close()
        size = self.bytes
        self._out.close()
        told = {name: tuple(map(_told, bounds)) for name, bounds in self._bounds.items()}
        kept = {name: bounds for name, bounds in told.items() if None not in bounds}
        statistics = {
            "numRecords": self._rows,
            "minValues": {name: least for name, (least, _) in kept.items()},
            "maxValues": {name: most for name, (_, most) in kept.items()},
            "nullCount": self._nulls,
        }
        return module("deltalake.transaction").AddAction(
            path=self._path,
            size=size,
            partition_values={PARTITION: date},
            modification_time=int(time.time() * 1000),
            data_change=False,
            stats=json.dumps(statistics),
        )


def _told(bound: Any) -> Any:
    """Return a bound as the log tells it; None for one that is too long."""
    if isinstance(bound, str):
        return bound if len(bound) <= MOST_TEXT else None
    return bound if isinstance(bound, int) else bound.isoformat(timespec="microseconds").replace("+00:00", "Z")
