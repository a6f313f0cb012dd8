"""Options for bars to read, and the records read by them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli import choices
from worker.cli.completion import intervals

if TYPE_CHECKING:
    from worker.sources.options import ReadOptions
    from worker.sources.record import Record
    from worker.sources.report import ReadReport

Files = Annotated[list[Path] | None, typer.Argument(help="CSV, Parquet or Binance kline files.", show_default=False)]
Dataset = Annotated[choices.Dataset | None, typer.Option("--dataset", help="Bundled bars (extra: datasets).")]
Symbol = Annotated[
    str | None, typer.Option("--symbol", help="Symbol for files without a symbol column (default: file name).")
]
Interval = Annotated[
    str | None,
    typer.Option("--interval", help="Bar length, for example 1m (default: inferred).", autocompletion=intervals),
]
Limit = Annotated[int | None, typer.Option("--limit", min=0, help="Maximum number of records.")]
Sort = Annotated[
    bool, typer.Option("--sort", help="Sort each file by time first, as files with the newest bar first need.")
]


Decimal = Annotated[str | None, typer.Option("--decimal", help="Decimal mark, . or , (default: as the cells show).")]
DateFormat = Annotated[
    str | None,
    typer.Option(
        "--date-format",
        help="dayfirst, monthfirst, s, ms, us, ns, excel, days, sas, roc, buddhist, a format of strptime, or for a "
        "time of day beside a date hours, hour-ending, hhmm, hhmmss, minutes, seconds.",
    ),
]
Timezone = Annotated[
    str | None, typer.Option("--timezone", help="Zone of times without an offset: Europe/Berlin, UTC+2.")
]
RepeatedHour = Annotated[
    choices.RepeatedHour | None,
    typer.Option("--repeated-hour", help="Pass of an hour that the clocks repeat, where a file has one only."),
]
Column = Annotated[
    list[str] | None, typer.Option("--column", help="Name a column: volume=TickVol, or by number: ts=1. Repeatable.")
]
Extra = Annotated[
    list[str] | None,
    typer.Option(
        "--extra",
        metavar="NAME",
        help="A further column of numbers, for strategies (default: engine.ingestion.extra). Repeatable.",
        show_default=False,
    ),
]


def read_options(
    symbol: str | None,
    interval: str | None,
    decimal: str | None,
    date_format: str | None,
    timezone: str | None,
    column: list[str] | None,
    repeated_hour: str | None = None,
    extra: list[str] | None = None,
    optional: Sequence[str] = (),
) -> ReadOptions:
    """Return the read options for the command's options; `optional` extra columns are read where a file has them.

    Raises:
        ConfigError: an option has no value.
    """
    from worker.sources.options import ReadOptions, columns_of

    columns, further = columns_of(column), (tuple(extra or ()), tuple(optional))
    return ReadOptions(symbol, interval, decimal, date_format, timezone, columns, repeated_hour, *further)


def extra_settings(extra: list[str] | None) -> dict[str, Any]:
    """Return the settings below `engine` that let a strategy read extra columns."""
    return {"ingestion": {"extra": extra}} if extra else {}


def read_bars(
    files: list[Path],
    dataset: str | None,
    options: ReadOptions,
    sort: bool,
    report: ReadReport,
    now_ms: int | None = None,
) -> Iterator[Record]:
    """Return the records of the data set, else of all files in turn; with `now_ms` only those of bars closed by then.

    Decide every file's layout and enter it into the report before reading the first.
    """
    from worker.sources.source import open_dataset, open_files, read_records

    if dataset is not None:
        return read_records(open_dataset(dataset, options.symbol, report), options.interval, sort, now_ms)
    sources = open_files(files, options.symbol, report, options)
    return chain.from_iterable(read_records(source, options.interval, sort, now_ms) for source in sources)


def show_layouts(report: ReadReport) -> None:
    """Print the layout of each file, with its first rows and the last one."""
    for layout in report.layouts:
        for line in layout.lines():
            typer.echo(line)


def show_unreadable(report: ReadReport) -> None:
    """Report the cells that could not be read."""
    for column, count in report.unreadable.items():
        typer.echo(
            f"unreadable: {count:,} {'cell' if count == 1 else 'cells'} of {column!r}; "
            f"the first: {report.unreadable_examples[column]}",
            err=True,
        )


def show_notes(report: ReadReport) -> None:
    """Say what the user should know about the files."""
    for note in report.told():
        typer.echo(f"note: {note}", err=True)
