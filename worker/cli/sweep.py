"""`alphapulse sweep`: try many engine settings on the same bars."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli.backtest import Files, WithoutModel, Workers, read_tapes, warn
from worker.cli.bars import (
    Column,
    Dataset,
    DateFormat,
    Decimal,
    Interval,
    Limit,
    RepeatedHour,
    Sort,
    Symbol,
    Timezone,
    read_options,
)
from worker.cli.common import Json, RegistryFolder, quiet_logs, settings_with
from worker.cli.compiling import announce, without_blas
from worker.cli.progress import progress
from worker.cli.strategies import Set, StrategyFile, strategy_settings
from worker.cli.tables import print_table

if TYPE_CHECKING:
    from worker.backtest.plan import Choice
    from worker.backtest.sweep import Sweep

PlanFile = Annotated[Path, typer.Argument(help="TOML file with the settings to try.", show_default=False)]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for sweep.parquet and sweep.json.")]
SHOWN = 10  # tries in the printed table
COLUMNS = ("sharpe", "deflated", "total_return", "trades")


def sweep(
    plan: PlanFile,
    files: Files = None,
    out: Out = Path("sweep"),
    dataset: Dataset = None,
    symbol: Symbol = None,
    interval: Interval = None,
    limit: Limit = None,
    sort: Sort = False,
    decimal: Decimal = None,
    date_format: DateFormat = None,
    timezone: Timezone = None,
    repeated_hour: RepeatedHour = None,
    column: Column = None,
    workers: Workers = None,
    strategy: StrategyFile = None,
    set_: Set = None,
    registry: RegistryFolder = None,
    without_model: WithoutModel = False,
    json: Json = False,
) -> None:
    """Rank settings by their Sharpe ratio, deflated by the number of tries, and walk forward through time."""
    from worker.backtest import sweep as sweeps
    from worker.backtest.model import refused_models
    from worker.backtest.plan import read_plan
    from worker.settings import load_engines_of
    from worker.sources.report import ReadReport

    if bool(files) == (dataset is not None):
        raise typer.BadParameter("give either files or --dataset")
    quiet_logs()
    wanted = read_plan(plan)
    given = settings_with(models={"registry": registry}, engine=strategy_settings(strategy, set_))
    choices = wanted.choices()
    without_blas()
    announce()
    settings = load_engines_of(given, choices, plan)
    warnings = refused_models(settings, given.models.registry, without_model)
    warn(warnings)
    optional = settings[0].ingestion.extra
    options = read_options(symbol, interval, decimal, date_format, timezone, column, repeated_hour, None, optional)
    tapes = read_tapes(files or [], dataset, options, sort, limit, ReadReport())
    with progress("trying", "tried", len(settings), "settings") as advance:
        found = sweeps.sweep(
            tapes, settings, wanted.folds, workers or os.cpu_count() or 1, advance, given.models.registry
        )
    rows = _rows(choices, found)
    told = _write(out, rows, found, wanted.model_dump(), warnings)
    _show(told, rows, found, out, json)


def _rows(choices: list[Choice], found: Sweep) -> list[dict[str, Any]]:
    figures = zip(choices, found.ratios, found.deflated, found.trading, strict=True)
    return [
        {"try": number} | choice | ratios._asdict() | {"deflated": deflated} | account._asdict()
        for number, (choice, ratios, deflated, account) in enumerate(figures)
    ]


def _write(
    out: Path, rows: list[dict[str, Any]], found: Sweep, plan: dict[str, Any], warnings: list[str]
) -> dict[str, Any]:
    import msgspec

    from worker.backtest.tables import write_rows
    from worker.files import created

    told = {
        "plan": plan,
        "tries": rows,
        "walk_forward": {"steps": [step._asdict() for step in found.walk], "result": found.walked._asdict()},
        "warnings": warnings,
    }
    with created(out, "Give another folder to --out"):
        out.mkdir(parents=True, exist_ok=True)
        write_rows(rows, out / "sweep.parquet")
        (out / "sweep.json").write_bytes(msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n")
    return told


def _show(told: dict[str, Any], rows: list[dict[str, Any]], found: Sweep, out: Path, json: bool) -> None:
    if json:
        import msgspec

        typer.echo(msgspec.json.encode(told).decode())
        return
    names = list(told["plan"]["parameters"])
    shown = []
    ranked = sorted(rows, key=lambda row: -row["sharpe"] if row["sharpe"] == row["sharpe"] else float("inf"))
    for row in ranked[:SHOWN]:
        choice = ", ".join(f"{name.rpartition('.')[2]} {row[name]}" for name in names)
        shown.append((row["try"], *(_cell(row[name]) for name in COLUMNS), choice))
    print_table(("try", *(name.replace("_", " ") for name in COLUMNS), "settings"), shown)
    typer.echo(f"{len(rows)} tries; walk-forward Sharpe ratio {_cell(found.walked.sharpe)}; results in {out}")


def _cell(value: float) -> str:
    if value != value:
        return "-"
    return str(value) if isinstance(value, int) else f"{value:.4f}"
