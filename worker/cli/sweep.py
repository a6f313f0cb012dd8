"""`alphapulse sweep`: try many engine settings on the same bars."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from worker.cli.backtest import Files, WithoutModel, Workers, read_tapes, warn
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
    read_options,
)
from worker.cli.choices import Rank
from worker.cli.common import Json, RegistryFolder, quiet_logs, settings_with
from worker.cli.compiling import make_ready
from worker.cli.progress import progress
from worker.cli.strategy_options import Set, StrategyFile, aside, strategy_settings
from worker.engine.compiled.blas import without_blas

PlanFile = Annotated[Path, typer.Argument(help="TOML file with the settings to try.", show_default=False)]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for sweep.html, sweep.parquet and sweep.json.")]
Map = Annotated[
    tuple[str, str] | None,
    typer.Option(
        "--map", metavar="ACROSS UP", help="The two parameters of the map (default: the first two that vary)."
    ),
]
Steps = Annotated[
    int | None,
    typer.Option("--walk-forward", min=1, max=100, help="Steps of the walk-forward (default: the plan's folds)."),
]
By = Annotated[
    Rank,
    typer.Option("--by", help="Figure that ranks the tries, and by which the walk-forward chooses."),
]


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
    extra: Extra = None,
    strategy: StrategyFile = None,
    set_: Set = None,
    axes: Map = None,
    steps: Steps = None,
    by: By = "sharpe",
    registry: RegistryFolder = None,
    without_model: WithoutModel = False,
    json: Json = False,
) -> None:
    """Rank settings, draw a map of two of them, deflate the Sharpe ratio by the number of tries, and walk forward."""
    from worker.backtest import sweep as sweeps
    from worker.backtest.model import refused_models
    from worker.backtest.plan import read_plan
    from worker.cli.sweep_results import axes_of, show, write
    from worker.settings import load_engines_of
    from worker.sources.report import ReadReport

    if bool(files) == (dataset is not None):
        raise typer.BadParameter("give either files or --dataset")
    quiet_logs()
    wanted = read_plan(plan)
    chosen = strategy_settings(strategy, set_) | extra_settings(extra)
    given = settings_with(models={"registry": registry}, engine=chosen)
    choices = wanted.choices()
    across = axes_of(choices, axes)
    without_blas()
    make_ready()
    with aside():
        settings = load_engines_of(given, choices, plan)
    warnings = refused_models(settings, given.models.registry, without_model)
    warn(warnings)
    optional = tuple(dict.fromkeys(name for one in settings for name in one.ingestion.extra))
    options = read_options(symbol, interval, decimal, date_format, timezone, column, repeated_hour, extra, optional)
    tapes = read_tapes(files or [], dataset, options, sort, limit, ReadReport())
    with aside(), progress("trying", "tried", len(settings), "settings") as advance:
        found = sweeps.sweep(
            tapes,
            settings,
            steps or wanted.folds,
            workers or os.cpu_count() or 1,
            advance,
            given.models.registry,
            by,
        )
    inputs = [f"data set {dataset}"] if dataset is not None else [path.name for path in files or []]
    told = write(out, choices, found, wanted.model_dump(), warnings, across, inputs, by, settings[0].strategy)
    show(told, choices, found, out, by, json)
