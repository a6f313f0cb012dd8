"""`alphapulse backtest`: run files, a data set or a recorded topic through the workers' engine."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli.backtest_portfolio import Acknowledge, Portfolio, Replay, check_together, plain, runner
from worker.cli.bars import (
    Column,
    Dataset,
    DateFormat,
    Decimal,
    Extra,
    Interval,
    Limit,
    RepeatedHour,
    Sort,
    Symbol,
    Timezone,
    extra_settings,
    read_bars,
    read_options,
    show_layouts,
    show_notes,
    show_unreadable,
)
from worker.cli.common import Bootstrap, Json, RegistryFolder, quiet_logs, run_async, settings_with
from worker.cli.compiling import make_ready
from worker.cli.progress import progress
from worker.cli.strategy_options import Set, StrategyFile, aside, strategy_settings
from worker.cli.values import exclude, finite
from worker.engine.compiled.blas import without_blas
from worker.errors import Exit

if TYPE_CHECKING:
    from worker.backtest.ledger import Ledger
    from worker.backtest.tape import Bars, Raw, Tape
    from worker.engine.settings import EngineSettings
    from worker.settings import Settings
    from worker.sources.options import ReadOptions
    from worker.sources.report import ReadReport

_MANY = 0.1  # share of rejected records that is worth a warning

Files = Annotated[
    list[Path] | None,
    typer.Argument(help="CSV, Parquet or Binance kline files, or recordings (.jsonl).", show_default=False),
]
Out = Annotated[
    Path, typer.Option("--out", "-o", help="Folder for the results; a new run replaces the files of an earlier one.")
]
Topic = Annotated[str | None, typer.Option("--topic", help="Read this topic instead of files.", show_default=False)]
From = Annotated[int | None, typer.Option("--from", min=0, help="First offset of each partition.", show_default=False)]
Control = Annotated[
    bool,
    typer.Option(
        "--control", help="Apply the control records and switches that the group's workers have met, at their offsets."
    ),
]
To = Annotated[
    int | None, typer.Option("--to", min=0, help="End offset of each partition, exclusive.", show_default=False)
]
Workers = Annotated[
    int | None, typer.Option("--workers", "-n", min=1, help="Number of worker processes (default: one per core).")
]
PerYear = Annotated[
    float | None,
    typer.Option(
        "--periods-per-year",
        "--days-per-year",
        callback=finite,
        min=0.1,
        help="Returns per year, for annual figures (default: from the bars: 252 or 365 days, 52 weeks, 12 months).",
        show_default=False,
    ),
]
Truncate = Annotated[
    int,
    typer.Option("--truncate-check", min=0, help="Number of places to cut the input at, to detect look-ahead bias."),
]
Warmup = Annotated[
    int,
    typer.Option(
        "--warmup-check", min=0, help="Number of later starts to compare with the full run, each after 1,024 bars."
    ),
]

SplitsFile = Annotated[
    Path | None,
    typer.Option(
        "--splits",
        help="CSV file of the splits in raw prices: symbol, ex (first bar at the new ones), ratio (4:1, 1:20).",
        exists=True,
        dir_okay=False,
        show_default=False,
    ),
]
WithoutModel = Annotated[
    bool, typer.Option("--without-model", help="Continue without a model that fails to load: the rules decide alone.")
]


def backtest(
    files: Files = None,
    out: Out = Path("backtest"),
    dataset: Dataset = None,
    topic: Topic = None,
    from_: From = None,
    to: To = None,
    control: Control = False,
    symbol: Symbol = None,
    interval: Interval = None,
    limit: Limit = None,
    sort: Sort = False,
    decimal: Decimal = None,
    date_format: DateFormat = None,
    timezone: Timezone = None,
    repeated_hour: RepeatedHour = None,
    column: Column = None,
    portfolio: Portfolio = False,
    replay: Replay = None,
    acknowledge: Acknowledge = None,
    workers: Workers = None,
    per_year: PerYear = None,
    truncate: Truncate = 0,
    warmup: Warmup = 0,
    extra: Extra = None,
    strategy: StrategyFile = None,
    set_: Set = None,
    splits: SplitsFile = None,
    registry: RegistryFolder = None,
    without_model: WithoutModel = False,
    bootstrap: Bootstrap = None,
    json: Json = False,
) -> None:
    """Write the decisions and rejections that live workers would publish, byte for byte, and their returns."""
    from worker.backtest.model import refused_models
    from worker.settings import load_engine_of
    from worker.sources.report import ReadReport

    if sum((bool(files), dataset is not None, topic is not None)) != 1:
        raise typer.BadParameter("give either files, --dataset or --topic")
    if topic is None and (from_ is not None or to is not None):
        raise typer.BadParameter("--from and --to are offsets of a --topic")
    if topic is None and control:
        raise typer.BadParameter("--control goes with a --topic: its offsets tell which records met what")
    exclude({"--control": control, "--splits": splits is not None})
    exclude({"--portfolio": portfolio or replay is not None, "--splits": splits is not None})
    if topic is not None and any((interval, sort, decimal, date_format, timezone, column, repeated_hour)):
        raise typer.BadParameter("options that describe files don't apply to the records of a --topic")
    if from_ is not None and to is not None and to <= from_:
        raise typer.BadParameter(f"no offsets from {from_} to {to}: --to is exclusive")
    on_one_clock = check_together(portfolio, replay, acknowledge, control or truncate > 0 or warmup > 0, out)
    quiet_logs()
    chosen = strategy_settings(strategy, set_) | extra_settings(extra)
    settings = settings_with(bootstrap, models={"registry": registry}, engine=chosen)
    with aside():
        engine = load_engine_of(settings)
    without_blas()
    make_ready()
    warnings = refused_models([engine], settings.models.registry, without_model)
    warn(warnings)
    report = ReadReport()
    begun = time.monotonic()
    if topic is not None:
        found = _topic_tapes(settings, topic, from_, to, symbol, limit, control)
    else:
        optional = engine.ingestion.extra
        options = read_options(symbol, interval, decimal, date_format, timezone, column, repeated_hour, extra, optional)
        found = read_tapes(files or [], dataset, options, sort, limit, report)
        if not json:
            show_layouts(report)
    if splits is not None:
        announce_splits(found, splits, engine)
    total = sum(map(len, found))
    with aside(), progress("playing", "played", total) as advance:
        run = runner(settings, acknowledge, replay) if on_one_clock else plain
        ledgers, metrics = run(
            found,
            engine,
            out,
            workers or os.cpu_count() or 1,
            advance,
            per_year,
            settings.models.registry,
            warnings,
            _inputs(files or [], dataset, topic, from_, to) + ([f"splits {splits.name}"] if splits else []),
        )
    _show(metrics, ledgers, report, out, total, time.monotonic() - begun, json)
    with aside():
        _check(found, engine, truncate, warmup, settings.models.registry)


def announce_splits(tapes: list[Tape], file: Path, engine: EngineSettings) -> None:
    """Let the tapes meet the splits of a file; warn of symbols that the input has not."""
    from worker.backtest.announced import announce, read_splits

    unknown = announce(tapes, read_splits(file), engine)
    if unknown:
        warn([f"{file.name} has splits of symbols that the input has not: {', '.join(unknown)}"])


def warn(warnings: Iterable[str]) -> None:
    """Warn where the figures differ from those requested."""
    for text in warnings:
        typer.secho(f"warning: {text}.", fg="yellow", bold=True, err=True)


def read_tapes(
    files: list[Path],
    dataset: str | None,
    options: ReadOptions,
    sort: bool,
    limit: int | None,
    report: ReadReport,
) -> list[Tape]:
    """Return the records of the data set or the files, up to the limit, symbol by symbol."""
    from worker.backtest.tape import tapes

    with progress("reading", "read", limit) as advance:
        return tapes(_counted(_read(files, dataset, options, sort, report), limit, advance))


def _inputs(
    files: list[Path], dataset: str | None, topic: str | None, start: int | None, stop: int | None
) -> list[str]:
    """Return the input's names for a report, without folders, so that the report does not depend on their location."""
    if dataset is not None:
        return [f"data set {dataset}"]
    if topic is not None:
        span = "" if start is None and stop is None else f", offsets {start or 0} to {'end' if stop is None else stop}"
        return [f"topic {topic}{span}"]
    return [path.name for path in files]


def _topic_tapes(
    settings: Settings,
    topic: str,
    start: int | None,
    stop: int | None,
    symbol: str | None,
    limit: int | None,
    control: bool = False,
) -> list[Tape]:
    from worker.backtest.tape import tapes
    from worker.operate.read_journal import joined, read_journal
    from worker.operate.read_topic import read_topic

    with progress("reading", "read", limit) as advance:
        records = run_async(read_topic(settings.kafka, topic, start, stop, advance))
        chosen = (record for record in records if symbol is None or record.key == symbol.encode())
        kept = list(islice(chosen, limit))
        found = tapes((record.key, record.value, record.timestamp) for record in kept)
        return joined(found, kept, run_async(read_journal(settings))) if control else found


def _check(tapes: list[Tape], engine: EngineSettings, truncate: int, warmup: int, registry: Path | None) -> None:
    from worker.backtest.checks import truncate_check, warmup_check

    failed = False
    for name, cuts, check in (("look-ahead", truncate, truncate_check), ("warm-up", warmup, warmup_check)):
        if not cuts:
            continue
        seen = check(tapes, engine, cuts, registry=registry)
        failed |= bool(seen.differences)
        typer.echo(
            f"{name}: {seen.cuts} cuts, {seen.compared:,} lines compared, {len(seen.differences)} cuts differ", err=True
        )
        for one in seen.differences:
            typer.echo(
                f"  {one.symbol}, cut at record {one.cut}: {one.lines:,} lines, {', '.join(one.members)}", err=True
            )
    if failed:
        raise typer.Exit(Exit.DATA)


def _counted(records: Iterable[Raw | Bars], limit: int | None, advance: Any) -> Iterator[Raw | Bars]:
    """Yield the records up to the limit; columns are cut to it."""
    from worker.backtest.tape import first

    left = sys.maxsize if limit is None else limit
    for given in records:
        if isinstance(given[2], int):
            size = 1
        else:
            given = first(given, left)
            size = len(given[2])
        if left < 1:
            return
        left -= size
        advance((limit or sys.maxsize) - left)
        yield given


def _recorded(records: Iterable[Raw], symbol: str | None) -> Iterator[Raw]:
    """Return all records of a recording, or those of one symbol."""
    return (record for record in records if symbol is None or record[0] == symbol.encode())


def _read(
    files: list[Path], dataset: str | None, options: ReadOptions, sort: bool, report: ReadReport
) -> Iterable[Raw | Bars]:
    from worker.sources.bar_columns import columns_of
    from worker.sources.recording import SUFFIX, read_recording
    from worker.sources.source import distinct, open_files

    if dataset is not None:
        return read_bars([], dataset, options, sort, report)
    files = distinct(files, report)
    # Decide the layout of every file before reading the first.
    sources = iter(open_files([path for path in files if path.suffix != SUFFIX], options.symbol, report, options))
    return chain.from_iterable(
        _recorded(read_recording(path), options.symbol)
        if path.suffix == SUFFIX
        else columns_of(next(sources), options.interval, sort)
        for path in files
    )


def _show(
    metrics: dict[str, Any],
    ledgers: list[Ledger],
    report: ReadReport,
    out: Path,
    total: int,
    seconds: float,
    json: bool,
) -> None:
    if json:
        import msgspec

        told = {"out": str(out), "records": total, "seconds": round(seconds, 3), "notes": report.told()}
        told |= {"files": [layout.as_dict() for layout in report.layouts], "unreadable": dict(report.unreadable)}
        typer.echo(msgspec.json.encode(told | metrics).decode())
        return
    from worker.cli.backtest_tables import show

    show(metrics, ledgers)
    _blocks(metrics["blocks"])
    typer.echo(
        f"{total:,} records of {len(metrics['symbols']):,} symbols in {seconds:.1f} s: "
        f"{metrics['decisions']:,} decisions, {metrics['rejections']:,} rejections; results in {out}"
    )
    _rejections(ledgers, total)
    show_unreadable(report)
    for reason, count in report.rejected.items():
        typer.echo(f"not read: {count:,} rows, {reason}; the first: {report.examples[reason]}", err=True)
    show_notes(report)


def _rejections(ledgers: list[Ledger], total: int) -> None:
    """Say why records were rejected, aloud where they are many."""
    from worker.backtest.report.content import rejections_by_code

    found = rejections_by_code(ledgers)
    if not found:
        return
    many = sum(found.values())
    if many > _MANY * total:
        warn([f"{many:,} of {total:,} records were rejected: the figures are those of the others"])
    typer.echo("rejected: " + ", ".join(f"{count:,} {code}" for code, count in found.items()), err=True)


def _blocks(found: dict[str, Any]) -> None:
    import msgspec

    from worker.cli.blocks import show_blocks
    from worker.engine.blocks import Blocks

    show_blocks(msgspec.convert(found["all"], Blocks))
    for note in found["notes"]:
        typer.echo(f"note: {note}", err=True)
