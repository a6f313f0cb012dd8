"""Parquet files as columns of bars, for readers that need no record a bar."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.tick import MAX_SYMBOL, MAX_TS, MIN_TS
from worker.engine.bar import BAR
from worker.sources.columns import PRICES_AND_VOLUME, Columns, recognise
from worker.sources.intervals import check_interval, infer_interval
from worker.sources.parquet_file import module, numbers_of, opened, read_parquet, times_of
from worker.sources.record import Bar, Record, encode_bar
from worker.sources.report import ReadReport

_BATCH = 65_536
_SAMPLE = 2_000  # bars looked at to infer the interval
_SYMBOL = re.compile(rf"[!-~]{{1,{MAX_SYMBOL}}}")
_SECONDS, _MS, _US = 100_000_000_000, 100_000_000_000_000, 100_000_000_000_000_000  # as `timestamps.epoch_to_ms`


class Bars(NamedTuple):
    """Consecutive bars of a symbol that a tick can state: finite numbers, a time, a symbol as the schema wants it."""

    key: bytes
    interval: str
    rows: NDArray[Any]  # BAR


class _Rows(NamedTuple):
    """A batch in file order."""

    bars: NDArray[Any]  # BAR; ts and ingest_ts 0 where there are none
    has_ts: NDArray[np.bool_]
    stamped: NDArray[np.bool_]  # it is known when the bar became known: by the file, its time or the bar before it
    unreadable: dict[int, str]  # row → the text that is no time
    symbols: list[str]  # distinct
    owners: NDArray[np.int64]  # index into `symbols`


def read_bars(path: Path, symbol: str, interval: str | None, report: ReadReport) -> Iterator[Bars | Record]:
    """What `read_records` gives, each symbol's in its order: columns, and a record for a bar that is not complete.

    Raises:
        ConfigError, DataError: as `read_parquet` and `infer_interval`.
    """
    sample = [] if interval else list(islice(read_parquet(path, symbol, ReadReport(), _SAMPLE), _SAMPLE))
    text = interval or (infer_interval(sample, path.name) if sample else None)
    if text is None:
        report.note(f"{path.name} holds no bars")
        return
    length, stamp = check_interval(text), None
    with opened(path) as file:
        columns = recognise(file.schema_arrow.names, path.name)
        for batch in file.iter_batches(batch_size=_BATCH):
            rows, stamp = _stamp(_rows(batch, columns, symbol, length), stamp)
            yield from _by_symbol(rows, text, report)
            report.rows += len(batch)


def _rows(batch: Any, columns: Columns, symbol: str, length: int) -> _Rows:
    bars = np.zeros(len(batch), BAR)
    ts, has_ts, unreadable = _times(batch.column(columns.ts))
    bars["ts"], bars["interval_ms"] = ts, length
    for name, at in zip(PRICES_AND_VOLUME, columns.numbers, strict=True):
        bars[name] = _floats(batch.column(at))
    bars["ingest_ts"], stamped = np.where(has_ts, ts + length, 0), has_ts
    if columns.ingest_ts is not None:
        known, given, texts = _times(batch.column(columns.ingest_ts))
        bars["ingest_ts"], stamped = np.where(given, known, bars["ingest_ts"]), given | has_ts
        unreadable = texts | unreadable
    if columns.symbol is None:
        return _Rows(bars, has_ts, stamped, unreadable, [symbol], np.zeros(len(batch), np.int64))
    coded = batch.column(columns.symbol).dictionary_encode()
    names = ["" if name is None else str(name) for name in coded.dictionary.to_pylist()]
    owners = coded.indices.fill_null(len(names)).to_numpy(zero_copy_only=False).astype(np.int64)
    return _Rows(bars, has_ts, stamped, unreadable, [*names, ""], owners)


def _floats(column: Any) -> NDArray[np.float64]:
    arrow = module("pyarrow")
    try:
        return np.asarray(column.cast(arrow.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64)
    except arrow.ArrowInvalid:
        return np.array(numbers_of(column))


def _times(column: Any) -> tuple[NDArray[np.int64], NDArray[np.bool_], dict[int, str]]:
    """(epoch ms with 0 for none, where there is one, texts that are none by row)."""
    types, arrow = module("pyarrow").types, module("pyarrow")
    present = np.asarray(column.is_valid().to_numpy(zero_copy_only=False), np.bool_)
    if types.is_date(column.type):
        column = column.cast(arrow.timestamp("ms"))
    if types.is_timestamp(column.type):
        column = column.cast(arrow.timestamp("ms", tz=column.type.tz), safe=False).cast(arrow.int64())
        return column.fill_null(0).to_numpy(zero_copy_only=False), present, {}
    if types.is_signed_integer(column.type):
        return _epochs(column.cast(arrow.int64()).fill_null(0).to_numpy(zero_copy_only=False)), present, {}
    values = times_of(column)
    texts = {row: value for row, value in enumerate(values) if isinstance(value, str)}
    whole = [value if isinstance(value, int) else 0 for value in values]
    return np.array(whole, np.int64), np.array([isinstance(value, int) for value in values]), texts


def _epochs(values: NDArray[np.int64]) -> NDArray[np.int64]:
    below = [(values > -limit) & (values < limit) for limit in (_SECONDS, _MS, _US)]  # the least int64 has no absolute
    seconds = np.where(below[0], values, 0) * 1_000
    return np.select(below, [seconds, values, values // 1_000], values // 1_000_000)


def _stamp(rows: _Rows, before: int | None) -> tuple[_Rows, int | None]:
    """Bars without any time get the timestamp of the record before them; also that of the last."""
    readable = rows.stamped & ~np.isin(np.arange(len(rows.bars)), list(rows.unreadable))
    last = np.maximum.accumulate(np.where(readable, np.arange(len(rows.bars)), -1))
    stamps = np.where(last >= 0, rows.bars["ingest_ts"][last], 0 if before is None else before)
    rows.bars["ingest_ts"] = stamps
    stamped = (last >= 0) | (before is not None)
    return rows._replace(stamped=stamped), int(stamps[-1]) if len(stamps) and stamped[-1] else before


def _by_symbol(rows: _Rows, interval: str, report: ReadReport) -> Iterator[Bars | Record]:
    readable = ~np.isin(np.arange(len(rows.bars)), list(rows.unreadable))
    whole = readable & rows.has_ts & (rows.bars["ts"] >= MIN_TS) & (rows.bars["ts"] <= MAX_TS)
    for name in PRICES_AND_VOLUME:
        whole &= np.isfinite(rows.bars[name])
    names = np.array([_SYMBOL.fullmatch(symbol) is not None for symbol in rows.symbols])
    whole &= names[rows.owners]
    order = np.argsort(rows.owners, kind="stable")
    owned = rows.owners[order]
    starts = np.flatnonzero(np.diff(owned, prepend=-1))
    groups = np.split(order, starts[1:]) if len(order) else []
    # Symbols in the order of their first bars.
    for group in sorted(groups, key=lambda group: int(group[0])):
        yield from _group(rows, group, whole, interval, report)


def _group(
    rows: _Rows, group: NDArray[np.int64], whole: NDArray[np.bool_], interval: str, report: ReadReport
) -> Iterator[Bars | Record]:
    symbol = rows.symbols[int(rows.owners[group[0]])]
    fine = whole[group]
    for run in np.split(group, np.flatnonzero(np.diff(fine)) + 1):
        if fine[np.searchsorted(group, run[0])]:
            yield Bars(symbol.encode(), interval, rows.bars[run])
            continue
        for row in run.tolist():
            if (record := _record(rows, row, symbol, interval, report)) is not None:
                yield record


def _record(rows: _Rows, row: int, symbol: str, interval: str, report: ReadReport) -> Record | None:
    if row in rows.unreadable:
        report.reject("the time cannot be read", f"row {report.rows + row + 1}: {rows.unreadable[row]}")
        return None
    one = rows.bars[row]
    ts = int(one["ts"]) if rows.has_ts[row] else None
    open_, high, low, close, volume = (float(one[name]) for name in PRICES_AND_VOLUME)
    bar = Bar(symbol, ts, open_, high, low, close, volume)
    if not rows.stamped[row]:
        report.reject("the first bar has no time", str(bar))
        return None
    report.incomplete += ts is None or not math.isfinite(sum(bar[2:7]))
    return Record(symbol.encode(), encode_bar(bar, interval), int(one["ingest_ts"]))
