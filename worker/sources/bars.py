"""Rows of a source as typed columns: every reader yields them, and all else is made of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from worker.sources.intervals import closes_of
from worker.sources.record import Bar

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
_CHUNK = 16_384


@dataclass(frozen=True)
class BarBatch:
    """Consecutive rows of a source that are bars, whole or with holes."""

    ts: Ints  # epoch ms, 0 where there is none
    has_ts: Flags
    numbers: NDArray[np.float64]  # shape (5, rows): open, high, low, close, volume; NaN for none
    ingest: Ints  # when the bar became known, 0 where the source does not say
    has_ingest: Flags
    owners: Ints  # index into `symbols`
    symbols: list[str]  # of the whole source so far; grows
    lost: list[tuple[str, str]]  # (reason, example) of rows that are no bars
    extra: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)  # further columns, (rows,) each

    def __len__(self) -> int:
        return len(self.ts)

    def take(self, rows: Ints | Flags) -> BarBatch:
        """Return the batch with the chosen rows alone."""
        return replace(
            self,
            ts=self.ts[rows],
            has_ts=self.has_ts[rows],
            numbers=self.numbers[:, rows],
            ingest=self.ingest[rows],
            has_ingest=self.has_ingest[rows],
            owners=self.owners[rows],
            extra={name: values[rows] for name, values in self.extra.items()},
        )

    @property
    def complete(self) -> Flags:
        """Which rows have a time and five finite numbers."""
        whole: Flags = self.has_ts & np.isfinite(self.numbers).all(axis=0)
        return whole

    def _numbers(self, row: int) -> tuple[float, float, float, float, float]:
        open_, high, low, close, volume = self.numbers[:, row].tolist()
        return open_, high, low, close, volume

    def bar(self, row: int) -> Bar:
        """Return one row."""
        return Bar(
            self.symbols[int(self.owners[row])],
            int(self.ts[row]) if self.has_ts[row] else None,
            *self._numbers(row),
            int(self.ingest[row]) if self.has_ingest[row] else None,
            tuple((name, float(values[row])) for name, values in self.extra.items()),
        )


class Symbols(dict[str, int]):
    """Symbol → index; a new one gets the next."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __missing__(self, name: str) -> int:
        self.names.append(name)
        self[name] = len(self.names) - 1
        return self[name]

    def owners(self, names: Iterable[str]) -> Ints:
        """Return the index of each name."""
        return np.array(list(map(self.__getitem__, names)), np.int64)


def batches_of(bars: Iterable[Bar]) -> Iterator[BarBatch]:
    """Collect single bars into batches."""
    symbols, left = Symbols(), iter(bars)
    while some := list(islice(left, _CHUNK)):
        yield BarBatch(
            np.array([bar.ts or 0 for bar in some], np.int64),
            np.array([bar.ts is not None for bar in some], np.bool_),
            np.array([bar[2:7] for bar in some], np.float64).T,
            np.array([bar.ingest_ts or 0 for bar in some], np.int64),
            np.array([bar.ingest_ts is not None for bar in some], np.bool_),
            symbols.owners(bar.symbol for bar in some),
            symbols.names,
            [],
        )


def by_time(batches: Iterable[BarBatch]) -> Iterator[BarBatch]:
    """Join all rows into one batch, ordered by time; a row without a time stays behind the row before it."""
    all_ = list(batches)
    if not all_:
        return
    joined = BarBatch(
        np.concatenate([batch.ts for batch in all_]),
        np.concatenate([batch.has_ts for batch in all_]),
        np.concatenate([batch.numbers for batch in all_], axis=1),
        np.concatenate([batch.ingest for batch in all_]),
        np.concatenate([batch.has_ingest for batch in all_]),
        np.concatenate([batch.owners for batch in all_]),
        all_[-1].symbols,
        [lost for batch in all_ for lost in batch.lost],
        {name: np.concatenate([batch.extra[name] for batch in all_]) for name in all_[0].extra},
    )
    rows = np.arange(len(joined))
    last = np.maximum.accumulate(np.where(joined.has_ts, rows, -1))
    keys = np.where(last >= 0, joined.ts[last], np.iinfo(np.int64).min)
    yield joined.take(np.argsort(keys, kind="stable"))


def stamps(batch: BarBatch, length_ms: int, before: int | None) -> tuple[Ints, Flags, int | None]:
    """Return (timestamps of the records, which rows have one, that of the last).

    A row has its `ingest_ts`, else its close, else the timestamp of the row before it.
    """
    own = np.where(batch.has_ingest, batch.ingest, np.where(batch.has_ts, closes_of(batch.ts, length_ms), 0))
    rows = np.arange(len(batch))
    last = np.maximum.accumulate(np.where(batch.has_ingest | batch.has_ts, rows, -1))
    known = np.where(last >= 0, own[last], 0 if before is None else before)
    has: Flags = (last >= 0) | (before is not None)
    return known, has, int(known[-1]) if len(known) and has[-1] else before


def finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return numbers with NaN for infinities."""
    return np.where(np.isfinite(values), values, np.nan)


def shown(bar: Bar) -> str:
    """Format a bar for messages."""
    values = (*bar[:-1], *(value for _, value in bar.extra))
    cells = ("" if isinstance(cell, float) and math.isnan(cell) else str(cell) for cell in values)
    return ",".join(cells)
