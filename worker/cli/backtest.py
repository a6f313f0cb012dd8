"""`alphapulse backtest`: files, a data set or a recorded topic through the engine that the workers run."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli.bars import Dataset, Interval, Limit, Sort, Symbol, read_bars
from worker.cli.common import Bootstrap, Json, quiet_logs, run_async, settings_with
from worker.cli.progress import progress

if TYPE_CHECKING:
    from worker.backtest.tape import Raw
    from worker.settings import Settings
    from worker.sources.report import ReadReport

Files = Annotated[
    list[Path] | None,
    typer.Argument(help="CSV, Parquet or Binance kline files, or recordings (.jsonl).", show_default=False),
]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for the results; files of an earlier run are replaced.")]
Topic = Annotated[str | None, typer.Option("--topic", help="Read this topic instead of files.", show_default=False)]
From = Annotated[int | None, typer.Option("--from", min=0, help="First offset of each partition.", show_default=False)]
To = Annotated[int | None, typer.Option("--to", min=0, help="End offset of each, exclusive.", show_default=False)]
Workers = Annotated[int | None, typer.Option("--workers", "-n", min=1, help="Processes; else one a core.")]
PerYear = Annotated[
    int | None, typer.Option("--days-per-year", min=1, help="Else 365 where there are weekend bars, 252 where not.")
]


def backtest(
    files: Files = None,
    out: Out = Path("backtest"),
    dataset: Dataset = None,
    topic: Topic = None,
    from_: From = None,
    to: To = None,
    symbol: Symbol = None,
    interval: Interval = None,
    limit: Limit = None,
    sort: Sort = False,
    workers: Workers = None,
    per_year: PerYear = None,
    bootstrap: Bootstrap = None,
    json: Json = False,
) -> None:
    """Write the decisions and rejections that live workers would publish, byte for byte, and what they would earn."""
    from worker.backtest.run import backtest as run
    from worker.backtest.tape import tapes
    from worker.instruments import load_engine
    from worker.sources.report import ReadReport

    if sum((bool(files), dataset is not None, topic is not None)) != 1:
        raise typer.BadParameter("give either files, --dataset or --topic")
    if topic is None and (from_ is not None or to is not None):
        raise typer.BadParameter("--from and --to are offsets of a --topic")
    quiet_logs()
    settings = settings_with(bootstrap)
    engine = load_engine(settings.engine)
    report = ReadReport()
    begun = time.monotonic()
    with progress("reading", "read", limit) as advance:
        if topic is not None:
            records: Iterable[Raw] = _recorded(settings, topic, from_, to, advance)
        else:
            records = _read(files or [], dataset, symbol, interval, sort, report)
        found = tapes(islice(records, limit))
    total = sum(map(len, found))
    with progress("playing", "played", total) as advance:
        _, metrics = run(found, engine, out, workers or os.cpu_count() or 1, advance, per_year)
    _show(metrics, report, out, total, time.monotonic() - begun, json)


def _recorded(settings: Settings, topic: str, start: int | None, stop: int | None, advance: Any) -> Iterable[Raw]:
    from worker.stream.recorded import read_topic

    records = run_async(read_topic(settings.kafka, topic, start, stop, advance))
    return ((record.key, record.value, record.timestamp) for record in records)


def _read(
    files: list[Path], dataset: str | None, symbol: str | None, interval: str | None, sort: bool, report: ReadReport
) -> Iterable[Raw]:
    from worker.sources.recording import SUFFIX, read_recording

    recordings = [path for path in files if path.suffix == SUFFIX]
    others = [path for path in files if path.suffix != SUFFIX]
    bars = read_bars(others, dataset, symbol, interval, sort, report)
    return chain(bars, chain.from_iterable(map(read_recording, recordings)))


def _show(metrics: dict[str, Any], report: ReadReport, out: Path, total: int, seconds: float, json: bool) -> None:
    if json:
        import msgspec

        told = {"out": str(out), "records": total, "seconds": round(seconds, 3), "notes": report.notes}
        typer.echo(msgspec.json.encode(told | metrics).decode())
        return
    _table(metrics)
    typer.echo(
        f"{total:,} records of {len(metrics['symbols']):,} symbols in {seconds:.1f} s: "
        f"{metrics['decisions']:,} decisions, {metrics['rejections']:,} rejections; results in {out}"
    )
    for reason, count in report.rejected.items():
        typer.echo(f"not read: {count:,} rows, {reason}; the first: {report.examples[reason]}", err=True)
    for note in report.notes:
        typer.echo(f"note: {note}", err=True)


def _table(metrics: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    columns = metrics["portfolio"]
    table = Table("", *(name.replace("_", " ") for name in columns))
    for figure in columns["strategy"]:
        values = (columns[name][figure] for name in columns)
        table.add_row(figure.replace("_", " "), *map(_cell, values))
    Console().print(table)


def _cell(value: float) -> str:
    if value != value:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4f}"
