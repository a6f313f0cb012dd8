"""`alphapulse strategy check`: play a strategy in many ways, and say what is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli.bars import Dataset
from worker.cli.blocks import show_blocks
from worker.cli.common import Json, settings_with
from worker.cli.completion import intervals
from worker.cli.output import print_json
from worker.cli.strategy_options import Set, strategy_settings
from worker.cli.tables import print_table
from worker.errors import Exit

if TYPE_CHECKING:
    from worker.strategy.checking.desk import Options
    from worker.strategy.checking.report import Check, Figures, Report, Warmth
    from worker.strategy.checking.subject import Subject

DAY_MS = 86_400_000
Named = Annotated[
    str, typer.Argument(metavar="FILE", help="Python file, or entry point of a package.", show_default=False)
]
Length = Annotated[
    str | None,
    typer.Option(
        "--interval",
        help="Length of the bars that are made (default: 1h, or as its timeframes need).",
        autocompletion=intervals,
        show_default=False,
    ),
]
Bars = Annotated[
    int | None,
    typer.Option(
        "--bars", min=100, max=50_000, help="Bars of a symbol (default: as its warm-up needs).", show_default=False
    ),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Of the bars that are made, and of the cuts.")]


def check(
    file: Named,
    set_: Set = None,
    dataset: Dataset = None,
    interval: Length = None,
    bars: Bars = None,
    seed: Seed = 1,
    json: Json = False,
) -> None:
    """Look for look-ahead, hidden state, chance and answers that can't be followed; exit 65 when a check fails."""
    import msgspec

    from worker.strategy.checking.check import check as run

    subject, options = _subject(file, set_), _options(dataset, interval, bars, seed)
    if json:
        report = run(subject, options)
        print_json(msgspec.to_builtins(report))
    else:
        typer.echo(f"{subject.title}: some 15 seconds; the engine is compiled first, if it never was", err=True)
        report = run(subject, options, told=_show)
        _show_rest(report)
    if not report.ok:
        raise typer.Exit(Exit.DATA)


def _subject(file: str, set_: list[str] | None) -> Subject:
    from worker.settings import load_engine_of
    from worker.strategy.checking.subject import Subject

    path = Path(file)
    is_file = path.suffix == ".py" or path.is_file()
    given = strategy_settings(path if is_file else None, set_)
    if not is_file:
        given = {"strategy": {**given.get("strategy", {}), "name": file}}
    engine = load_engine_of(settings_with(engine=given), fill=False)
    return Subject(engine, path if is_file else None, None if is_file else file)


def _options(dataset: str | None, interval: str | None, bars: int | None, seed: int) -> Options:
    from schemas.tick import interval_ms
    from worker.strategy.checking.desk import Options

    if dataset is None:
        try:
            length = None if interval is None else interval_ms(interval)
        except ValueError as error:
            raise typer.BadParameter(str(error), param_hint="--interval") from None
        if length is not None and DAY_MS % length:
            raise typer.BadParameter("bars that are made are a share of a day, as 15m or 1d", param_hint="--interval")
        return Options(bars, length, seed)
    if interval is not None:
        raise typer.BadParameter("the bars of a --dataset have an --interval of their own")
    return Options(bars, None, seed, _market(dataset, bars))


def _market(dataset: str, bars: int | None) -> Any:
    import numpy as np

    from worker.sources.bar_columns import Bars, columns_of
    from worker.sources.report import ReadReport
    from worker.sources.source import open_dataset
    from worker.strategy.checking.playing.market import Market

    parts = [part for part in columns_of(open_dataset(dataset, None, ReadReport())) if isinstance(part, Bars)]
    rows = np.concatenate([part.rows for part in parts])[:bars]
    return Market([parts[0].key] * len(rows), rows)


def _show(check: Check) -> None:
    state = {"ok": "ok", "failed": "FAILED", "not run": "-"}[check.status]
    notes = "".join(f" ({note})" for note in check.notes if len(check.notes) == 1)
    typer.secho(f"{state:<8}{check.name:<12}{check.shows}{notes}", fg="red" if check.faults else None)
    for fault in check.faults:
        typer.echo(f"        {fault.sentence}")
        if fault.fix:
            typer.echo(f"          fix: {fault.fix}")
    for note in check.notes if len(check.notes) > 1 else []:
        typer.echo(f"        note: {note}")


def _show_rest(report: Report) -> None:
    left = [check.name for check in report.checks if check.status == "not run"]
    if left:
        typer.echo(f"not run: {', '.join(left)}")
    if report.figures is not None:
        _show_figures(report.figures)
    if report.ok:
        typer.echo(f"OK: {report.name} passes {len(report.checks)} checks")
    else:
        count = len(report.failed)
        typer.echo(f"FAILED: {report.name} fails {count} check{'' if count == 1 else 's'}, listed above")


def _show_figures(figures: Figures) -> None:
    import msgspec

    from worker.engine.blocks import Blocks

    if figures.warm_up:
        typer.echo("\nwarm-up, bars of the symbol")
        rows = [(each.name, each.timeframe, each.known or "never", _settled(each)) for each in figures.warm_up]
        print_table(("indicator", "timeframe", "known", "equal to 1e-9 whenever it began"), rows)
    typer.echo()
    show_blocks(msgspec.convert(figures.blocks, Blocks))
    times = ((figures.ns_bar, "compiled"), (figures.ns_bar_python, "in Python"), (figures.ns_bar_rules, "by the rules"))
    told = ", ".join(f"{value:,.0f} ns {name}" for value, name in times if value is not None)
    typer.echo(f"{figures.entries:,} entries and {figures.trades:,} trades in {figures.bars:,} bars")
    typer.echo(f"a bar takes the engine {told}")
    typer.echo(f"{figures.bytes_indicators:,} bytes of indicators and {figures.bytes_state:,} of state a symbol")


def _settled(each: Warmth) -> object:
    if each.known is None:
        return None
    return "longer" if each.settled is None else each.settled
