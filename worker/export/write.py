"""A writer of batches to a file that appears under its name only once it is complete."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import msgspec

from worker.errors import ConfigError
from worker.export.columns import arrow
from worker.files import cannot_create

FORMATS = {".parquet": "parquet", ".arrow": "arrow", ".feather": "arrow", ".csv": "csv"}
_json = msgspec.json.Encoder().encode


class Writer(Protocol):
    """A file that takes batches."""

    def write_batch(self, batch: Any) -> None:
        """Append a pyarrow RecordBatch."""
        ...


def format_of(path: Path, given: str | None) -> str:
    """Return `parquet`, `arrow` or `csv`: what was given, else what the name says.

    Raises:
        ConfigError: neither says it.
    """
    found = given or FORMATS.get(path.suffix.lower(), "")
    if found not in FORMATS.values():
        fix = "End the name in .parquet, .arrow or .csv, or say --format"
        raise ConfigError(f"the format of {path} is not known", fix)
    return found


@contextmanager
def writing(path: Path, kind: str, schema: Any) -> Iterator[Writer]:
    """Open a writer to `path`; on failure nothing is left there.

    Raises:
        CannotCreate: the file cannot be written.
    """
    part = path.with_name(path.name + ".part")
    try:
        with _open(part, kind, schema) as writer:
            yield writer
        os.replace(part, path)
    except OSError as problem:
        raise cannot_create(path, problem, "Give a place that can be written to") from None
    finally:
        with suppress(OSError):  # on a disk that is read-only nothing is left there
            part.unlink(missing_ok=True)


@contextmanager
def _open(path: Path, kind: str, schema: Any) -> Iterator[Writer]:
    if kind == "parquet":
        with arrow("pyarrow.parquet").ParquetWriter(path, schema, compression="zstd") as writer:
            yield writer
    elif kind == "arrow":
        with arrow("pyarrow.ipc").new_file(str(path), schema) as writer:
            yield writer
    else:
        with CsvWriter(str(path), schema) as writer:
            yield writer


class CsvWriter:
    """A CSV writer: lists of names are joined by `;`, other nested values are JSON."""

    def __init__(self, where: Any, schema: Any) -> None:
        """Write to a path or a binary stream."""
        pa, types = arrow(), arrow("pyarrow.types")
        self._nested = [at for at, field in enumerate(schema) if types.is_nested(field.type)]
        flat = [pa.field(f.name, pa.string()) if at in self._nested else f for at, f in enumerate(schema)]
        self._schema = pa.schema(flat)
        self._writer = arrow("pyarrow.csv").CSVWriter(where, self._schema)

    def __enter__(self) -> CsvWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def write_batch(self, batch: Any) -> None:
        """Append a batch."""
        pa = arrow()
        columns = [
            pa.array(map(_text, column.to_pylist()), pa.string()) if at in self._nested else column
            for at, column in enumerate(batch.columns)
        ]
        self._writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=self._schema))


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if all(isinstance(part, str) for part in value):
        return ";".join(value)
    return _json(value).decode()
