"""Parquet files of bars as chunks of typed columns (extra `parquet`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from worker import extras
from worker.errors import DataError
from worker.sources.tables.content import FAILURES, Content
from worker.sources.tables.text import Chunk
from worker.sources.times.kinds import Typed

_BATCH = 65_536


def module(name: str) -> Any:
    """Return a module of pyarrow.

    Raises:
        ConfigError: it is not installed.
    """
    return extras.module(name, "parquet", "reading Parquet needs pyarrow")


class ParquetTable:
    """A Parquet file; can be read several times."""

    kind, form = "row", "Parquet"

    def __init__(self, content: Content) -> None:
        """Read its schema.

        Raises:
            ConfigError: pyarrow is not installed.
            DataError: the file cannot be read.
        """
        self.content = content
        self.footer = 0
        with self._opened() as file:
            self.header: list[str] = list(file.schema_arrow.names)
            types = module("pyarrow").types
            # Columns that are read as text, a dictionary's by its values.
            self.texts = {
                at for at, field in enumerate(file.schema_arrow)
                if _is_text(types, field.type.value_type if types.is_dictionary(field.type) else field.type)
            }  # fmt: skip
        self.width = self.cells = len(self.header)

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        arrow, parquet = module("pyarrow"), module("pyarrow.parquet")
        try:
            with self.content.open() as raw, parquet.ParquetFile(raw) as file:
                yield file
        except (*FAILURES, ValueError, arrow.ArrowException) as error:
            raise DataError(f"{self.content.path} cannot be read: {error}", "Give a readable Parquet file") from None

    def chunks(self, positions: Iterable[int], chunk: int | None = None, time: int | None = None) -> Iterator[Chunk]:
        """Yield the columns at some positions, batch by batch.

        Raises:
            DataError: the file cannot be read to its end.
        """
        wanted, row = sorted(set(positions)), 0
        names = [self.header[at] for at in wanted]
        with self._opened() as file:
            paths = names if len(set(self.header)) == len(self.header) else None
            for batch in file.iter_batches(batch_size=chunk or _BATCH, columns=paths):
                at = {name: batch.schema.get_field_index(name) for name in names} if paths else None
                columns = {
                    place: self._column(place, batch.column(at[self.header[place]] if at else place))
                    for place in wanted
                }
                yield Chunk(columns, range(row + 1, row + 1 + len(batch)), [])
                row += len(batch)

    def _column(self, place: int, column: Any) -> Any:
        arrow = module("pyarrow")
        types = arrow.types
        if types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if place in self.texts:
            return ["" if value is None else str(value) for value in column.to_pylist()]
        has = np.asarray(column.is_valid().to_numpy(zero_copy_only=False), np.bool_)
        kind = column.type
        if types.is_date(kind):
            column, kind = column.cast(arrow.timestamp("ms")), arrow.timestamp("ms")
        if types.is_timestamp(kind):
            stamps = column.cast(arrow.timestamp("ms", tz=kind.tz), safe=False).cast(arrow.int64())
            return Typed(stamps.fill_null(0).to_numpy(zero_copy_only=False), has, kind.tz or "")
        if types.is_decimal(kind):
            # Cast by way of text: arrow's own cast multiplies by a power of ten, and 179.70 becomes 179.70000000000002.
            column = column.cast(arrow.string()).cast(arrow.float64())
        elif types.is_integer(kind) and not types.is_uint64(kind):
            return Typed(column.cast(arrow.int64()).fill_null(0).to_numpy(zero_copy_only=False), has, None)
        elif not types.is_float64(kind):
            column = column.cast(arrow.float64(), safe=False)
        values = np.asarray(column.fill_null(0.0).to_numpy(zero_copy_only=False), np.float64)
        return Typed(values, has & ~np.isnan(values), None)  # NaN is blank, as in text


def _is_text(types: Any, kind: Any) -> bool:
    number = types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)
    return not (number or types.is_date(kind) or types.is_timestamp(kind))
