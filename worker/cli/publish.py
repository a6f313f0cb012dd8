"""`alphapulse publish`: publish bars from files, bundled data sets or the simulator to `ticks.raw`."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli.bars import (
    Column,
    Dataset,
    DateFormat,
    Decimal,
    Extra,
    Files,
    Interval,
    Limit,
    RepeatedHour,
    Sort,
    Symbol,
    Timezone,
    read_bars,
    read_options,
    show_layouts,
    show_notes,
    show_unreadable,
)
from worker.cli.common import Bootstrap, Json, Prefix, quiet_logs, run_async, settings_with
from worker.cli.progress import progress
from worker.cli.values import finite, misplaced
from worker.errors import Exit

if TYPE_CHECKING:
    from worker.settings import Settings
    from worker.sources.publisher import PublishSummary
    from worker.sources.record import Record
    from worker.sources.report import ReadReport

_OF_FILES = (
    *("symbol", "sort", "decimal", "date_format", "timezone", "repeated_hour", "column", "extra"),
    "include_forming",
)
_SHOWN = 3  # records that a dry run prints

Simulate = Annotated[int | None, typer.Option("--simulate", min=1, help="Number of symbols to simulate.")]
Bars = Annotated[int, typer.Option("--bars", min=1, help="Simulated bars per symbol.")]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of the simulation: the same seed gives the same bytes.")]
Faults = Annotated[float, typer.Option("--faults", min=0.0, max=1.0, callback=finite, help="Rate of simulated faults.")]
Topic = Annotated[str | None, typer.Option("--topic", help="Topic to use instead of the one in the settings.")]
Rate = Annotated[
    float | None,
    typer.Option("--rate", min=0.001, callback=finite, help="Records per second (default: as fast as possible)."),
]
Forming = Annotated[
    bool, typer.Option("--include-forming", help="Publish also bars that have not closed yet, as if they had.")
]
DeliveryTimeout = Annotated[
    float,
    typer.Option(
        "--delivery-timeout", min=1.0, callback=finite, help="Seconds to wait for brokers that are unavailable."
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Read and report; send nothing.")]


def publish(
    ctx: typer.Context,
    files: Files = None,
    dataset: Dataset = None,
    simulate: Simulate = None,
    bars: Bars = 1_000,
    seed: Seed = 1,
    faults: Faults = 0.0,
    symbol: Symbol = None,
    interval: Interval = None,
    topic: Topic = None,
    rate: Rate = None,
    limit: Limit = None,
    sort: Sort = False,
    decimal: Decimal = None,
    date_format: DateFormat = None,
    timezone: Timezone = None,
    repeated_hour: RepeatedHour = None,
    column: Column = None,
    extra: Extra = None,
    include_forming: Forming = False,
    delivery_timeout: DeliveryTimeout = 120.0,
    dry_run: DryRun = False,
    bootstrap: Bootstrap = None,
    prefix: Prefix = None,
    json: Json = False,
) -> None:
    """Publish closed bars, timestamped with their close; exit 65 when some rows could not be published."""
    from worker.sources.report import ReadReport
    from worker.sources.source import publishable

    if sum((bool(files), dataset is not None, simulate is not None)) != 1:
        raise typer.BadParameter("give either files, --dataset or --simulate")
    if simulate is None:
        misplaced(ctx, ("bars", "seed", "faults"), "without --simulate")
    else:
        misplaced(ctx, _OF_FILES, "with --simulate")
    quiet_logs()
    settings = settings_with(bootstrap, prefix=prefix)
    target = topic or settings.topics.input
    report = ReadReport()
    if simulate is None:
        now_ms = None if include_forming else int(time.time() * 1_000)
        optional = _configured_extra(settings)
        options = read_options(symbol, interval, decimal, date_format, timezone, column, repeated_hour, extra, optional)
        records = read_bars(files or [], dataset, options, sort, report, now_ms)
        total = limit
    else:
        records = _simulated(simulate, bars, seed, interval or "1m", faults, report)
        total = min(simulate * bars, limit or simulate * bars)

    def chosen(latest_ms: int) -> Iterator[Record]:
        return islice(publishable(records, report, latest_ms), limit)

    if dry_run:
        # Of files the layouts show rows, the last one once all is read.
        summary = _rehearse(chosen(2**63 - 1), target, quiet=json or bool(report.layouts))
        if not json:
            show_layouts(report)
    else:
        summary = run_async(_send(settings, target, chosen, rate, total, delivery_timeout))
    _show(summary, report, dry_run, json)
    if summary.interrupted:
        raise typer.Exit(Exit.INTERRUPTED)
    if report.rejected or report.unreadable:
        raise typer.Exit(Exit.DATA)


def _configured_extra(settings: Settings) -> tuple[str, ...]:
    from worker.engine.settings import engine_settings

    return engine_settings({"ingestion": settings.engine.get("ingestion", {})}).ingestion.extra


def _simulated(
    symbols: int, bars: int, seed: int, interval: str, faults: float, report: ReadReport
) -> Iterator[Record]:
    from worker.sources.simulation.simulator import Simulation, simulated_records

    for record in simulated_records(Simulation(symbols, bars, seed, interval, fault_rate=faults)):
        report.rows += 1
        yield record


def _rehearse(records: Iterator[Record], topic: str, quiet: bool) -> PublishSummary:
    from worker.sources.publisher import PublishSummary

    summary = PublishSummary(topic)
    started, symbols = time.monotonic(), set()
    for record in records:
        if summary.records < _SHOWN and not quiet:
            typer.echo(f"{record.timestamp_ms} {record.key.decode()} {record.value.decode(errors='replace')}")
        summary.records += 1
        summary.value_bytes += len(record.value)
        symbols.add(record.key)
    summary.symbols, summary.seconds = len(symbols), time.monotonic() - started
    return summary


async def _send(
    settings: Settings,
    topic: str,
    records: Callable[[int], Iterator[Record]],
    rate: float | None,
    total: int | None,
    delivery_timeout: float,
) -> PublishSummary:
    from worker.kafka.client import client_options
    from worker.kafka.preflight import admin_client
    from worker.sources.limits import topic_limits
    from worker.sources.publisher import publish_records

    async with admin_client(settings.kafka) as admin:
        limits = await topic_limits(admin, topic)
    latest_ms = min(int(time.time() * 1_000) + limits.ahead_ms, 2**63 - 1)
    options = client_options(settings.kafka) | {"max_batch_size": limits.batch_bytes}
    with progress("publishing", "published", total) as advance:
        return await publish_records(
            options,
            topic,
            records(latest_ms),
            rate,
            advance,
            _stop_on_interrupt(),
            delivery_timeout,
            _waiting,
            _recovered,
        )


def _waiting(seconds: float) -> None:
    typer.echo(f"no acknowledgement yet: waiting for the brokers, up to {seconds:g} s", err=True)


def _recovered(seconds: float) -> None:
    typer.echo(f"the brokers acknowledge again, after {seconds:.0f} s", err=True)


def _stop_on_interrupt() -> asyncio.Event:
    """Return an event that the first SIGINT or SIGTERM sets; a second one ends the program at once."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def first() -> None:
        stop.set()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, first)
    return stop


def _show(summary: PublishSummary, report: ReadReport, dry_run: bool, json: bool) -> None:
    if json:
        import msgspec

        typer.echo(msgspec.json.encode(_as_dict(summary, report, dry_run)).decode())
        return
    verb = "would publish" if dry_run else "published"
    speed = f", {summary.records / summary.seconds:,.0f}/s" if summary.seconds else ""
    typer.echo(
        f"{verb} {summary.records:,} records of {summary.symbols:,} symbols to {summary.topic} "
        f"in {summary.seconds:.1f} s{speed}" + (" (interrupted)" if summary.interrupted else "")
    )
    if summary.repeated:
        typer.echo(f"{summary.repeated:,} of them were sent again after a broker failed; duplicates change no decision")
    if report.incomplete:
        typer.echo(f"{report.incomplete:,} of them lack a value; the worker rejects these as missing_field")
    if report.forming:
        typer.echo(f"held back: {report.forming:,} bars that have not closed yet (--include-forming sends them)")
    show_unreadable(report)
    for reason, count in report.rejected.items():
        typer.echo(f"not published: {count:,} rows, {reason}; the first: {report.examples[reason]}", err=True)
    show_notes(report)


def _as_dict(summary: PublishSummary, report: ReadReport, dry_run: bool) -> dict[str, Any]:
    return {
        "topic": summary.topic,
        "dry_run": dry_run,
        "records": summary.records,
        "symbols": summary.symbols,
        "value_bytes": summary.value_bytes,
        "seconds": round(summary.seconds, 3),
        "partitions": {str(partition): count for partition, count in sorted(summary.partitions.items())},
        "interrupted": summary.interrupted,
        "repeated": summary.repeated,
        "rows": report.rows,
        "incomplete": report.incomplete,
        "forming": report.forming,
        "not_published": dict(report.rejected),
        "unreadable": dict(report.unreadable),
        "files": [layout.as_dict() for layout in report.layouts],
        "notes": report.told(),
    }
