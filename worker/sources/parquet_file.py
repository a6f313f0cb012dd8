"""Reads Parquet files of bars batch by batch (extra `parquet`)."""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from worker.errors import ConfigError, DataError
from worker.extras import install
from worker.sources.columns import recognise
from worker.sources.record import Bar
from worker.sources.report import ReadReport
from worker.sources.timestamps import epoch_to_ms, parse_time

_BATCH = 16_384


def read_parquet(path: Path, symbol: str, report: ReadReport, batch: int = _BATCH) -> Iterator[Bar]:
    """Bars of a file in its order, `batch` of them at once; times may be timestamps, dates, epoch numbers or text.

    Raises:
        ConfigError: pyarrow is not installed.
        DataError: the file cannot be read or its columns are not recognised.
    """
    with opened(path) as file:
        yield from _read(file, path.name, symbol, report, batch)


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The file as `pyarrow.parquet.ParquetFile`; what goes wrong inside is a DataError too."""
    arrow, parquet = module("pyarrow"), module("pyarrow.parquet")
    try:
        with parquet.ParquetFile(path) as file:
            yield file
    except (OSError, arrow.ArrowException) as error:
        raise DataError(f"{path} cannot be read: {error}", "Give a readable Parquet file") from None


def module(name: str) -> Any:
    """A module of pyarrow.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError:
        raise ConfigError("reading Parquet needs pyarrow", install("parquet")) from None


def _read(file: Any, name: str, symbol: str, report: ReadReport, size: int) -> Iterator[Bar]:
    header = file.schema_arrow.names
    columns = recognise(header, name)
    wanted = [columns.ts, *columns.numbers]
    for batch in file.iter_batches(batch_size=size):
        times, *numbers = (batch.column(at) for at in wanted)
        symbols = [symbol] * len(batch) if columns.symbol is None else batch.column(columns.symbol).to_pylist()
        ingest = [None] * len(batch) if columns.ingest_ts is None else times_of(batch.column(columns.ingest_ts))
        fields = zip(symbols, times_of(times), *map(numbers_of, numbers), ingest, strict=True)
        yield from _bars(fields, report)


def _bars(fields: Iterator[tuple[Any, ...]], report: ReadReport) -> Iterator[Bar]:
    for symbol, ts, *rest in fields:
        report.rows += 1
        unreadable = next((time for time in (ts, rest[-1]) if isinstance(time, str)), None)
        if unreadable is not None:
            report.reject("the time cannot be read", f"row {report.rows}: {unreadable}")
            continue
        yield Bar("" if symbol is None else str(symbol), ts, *rest)


def numbers_of(column: Any) -> list[float]:
    """Floats of a column; NaN for null and for what is no number."""
    arrow = module("pyarrow")
    try:
        values = column.cast(arrow.float64(), safe=False).to_pylist()
    except arrow.ArrowInvalid:
        return [math.nan if value is None else _number(value) for value in column.to_pylist()]
    return [math.nan if value is None else value for value in values]


def _number(value: Any) -> float:
    try:
        return float(value)
    except ValueError:
        return math.nan


def times_of(column: Any) -> list[Any]:
    """Epoch ms, None for null, and the text itself where it is no time."""
    arrow = module("pyarrow")
    if arrow.types.is_date(column.type):
        column = column.cast(arrow.timestamp("ms"))
    if arrow.types.is_timestamp(column.type):
        stamps = column.cast(arrow.timestamp("ms", tz=column.type.tz), safe=False)
        return list(stamps.cast(arrow.int64()).to_pylist())
    return [None if value is None else _time(value) for value in column.to_pylist()]


def _time(value: Any) -> int | str:
    try:
        return parse_time(value) if isinstance(value, str) else epoch_to_ms(value)
    except (ValueError, OverflowError, TypeError):
        return str(value)
