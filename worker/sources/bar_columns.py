"""Files as columns of bars, for readers that need no record per bar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.tick import MAX_TS, MIN_TS
from worker.engine.bar import BAR
from worker.sources.bars import BarBatch, Flags, Ints, stamps
from worker.sources.intervals import check_interval
from worker.sources.record import Record, is_symbol
from worker.sources.report import ReadReport
from worker.sources.source import Source, book, open_file, opened, records_of
from worker.sources.tables.columns import PRICES_AND_VOLUME


class Bars(NamedTuple):
    """Consecutive bars of a symbol that a tick can state: finite numbers, a time, a symbol valid in the schema."""

    key: bytes
    interval: str
    rows: NDArray[Any]  # BAR
    extra: Mapping[str, NDArray[np.float64]]  # further columns by name, (rows,) each


def read_bars(path: Path, symbol: str | None, interval: str | None, report: ReadReport) -> Iterator[Bars | Record]:
    """Read the bars of a file; see `columns_of`.

    Raises:
        ConfigError, DataError: as `open_file` and `interval_of`.
    """
    yield from columns_of(open_file(path, symbol, report), interval)


def columns_of(source: Source, interval: str | None = None, sort: bool = False) -> Iterator[Bars | Record]:
    """Yield what `read_records` does, in each symbol's order: bars as columns, an incomplete one as a record.

    Raises:
        ConfigError, DataError: as `interval_of`.
    """
    text, batches = opened(source, interval, sort)
    if not text:
        return
    length, before = check_interval(text), None
    for batch in batches:
        book(batch, source.report)
        times, stamped, before = stamps(batch, length, before)
        yield from _by_symbol(batch, times, stamped, text, length, source.report)


def _by_symbol(
    batch: BarBatch, times: Ints, stamped: Flags, interval: str, length: int, report: ReadReport
) -> Iterator[Bars | Record]:
    rows = np.zeros(len(batch), BAR)
    rows["ts"], rows["interval_ms"], rows["ingest_ts"] = batch.ts, length, times
    for name, values in zip(PRICES_AND_VOLUME, batch.numbers, strict=True):
        rows[name] = values
    whole = batch.complete & (batch.ts >= MIN_TS) & (batch.ts <= MAX_TS)
    names = np.array([is_symbol(symbol) for symbol in batch.symbols], np.bool_)
    whole &= names[batch.owners]
    order = np.argsort(batch.owners, kind="stable")
    owned = batch.owners[order]
    starts = np.flatnonzero(np.diff(owned, prepend=-1))
    groups = np.split(order, starts[1:]) if len(order) else []
    # Symbols in the order of their first bars.
    for group in sorted(groups, key=lambda group: int(group[0])):
        symbol = batch.symbols[int(batch.owners[group[0]])]
        fine = whole[group]
        cuts = np.flatnonzero(np.diff(fine)) + 1
        for run, whole_run in zip(np.split(group, cuts), fine[[0, *cuts.tolist()]].tolist(), strict=True):
            if whole_run:
                yield Bars(symbol.encode(), interval, rows[run], batch.take(run).extra)
                continue
            yield from records_of(batch.take(run), interval, times[run].tolist(), stamped[run].tolist(), report)
