"""Options that say which bars to read, and the records they make."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from worker.sources.record import Record
    from worker.sources.report import ReadReport

Files = Annotated[list[Path] | None, typer.Argument(help="CSV, Parquet or Binance kline files.", show_default=False)]
Dataset = Annotated[str | None, typer.Option("--dataset", help="sp500 or nasdaq (extra: datasets).")]
Symbol = Annotated[str | None, typer.Option("--symbol", help="For files without symbol column; else the file's name.")]
Interval = Annotated[str | None, typer.Option("--interval", help="Bar length, for example 1m; else inferred.")]
Limit = Annotated[int | None, typer.Option("--limit", min=0, help="Stop after so many records.")]
Sort = Annotated[bool, typer.Option("--sort", help="Sort each file by time first (newest-first vendor files).")]


def read_bars(
    files: list[Path],
    dataset: str | None,
    symbol: str | None,
    interval: str | None,
    sort: bool,
    report: ReadReport,
    now_ms: int | None = None,
) -> Iterator[Record]:
    """Records of the data set, else of all files one after the other; with `now_ms` only of bars closed by then."""
    from worker.sources.source import open_dataset, open_file, read_records

    if dataset is not None:
        return read_records(open_dataset(dataset, symbol, report), interval, sort, now_ms)
    sources = [open_file(path, symbol, report) for path in files]  # all are checked before the first is read
    return chain.from_iterable(read_records(source, interval, sort, now_ms) for source in sources)
