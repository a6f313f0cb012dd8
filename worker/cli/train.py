"""`alphapulse train`: train a model on bars or recorded decisions, evaluate it out of sample, add it to a registry."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli import choices
from worker.cli.bars import Column, DateFormat, Decimal, Interval, RepeatedHour, Sort, Symbol, Timezone, read_options
from worker.cli.common import Json, settings_with
from worker.cli.compiling import make_ready
from worker.cli.strategy_options import aside
from worker.cli.tables import print_table
from worker.cli.values import finite, known

if TYPE_CHECKING:
    from worker.engine.settings import EngineSettings
    from worker.sources.options import ReadOptions
    from worker.training.series import Series
    from worker.training.train import Trained

Files = Annotated[list[Path] | None, typer.Argument(help="CSV, Parquet or Binance kline files.", show_default=False)]
Datasets = Annotated[
    list[choices.Dataset] | None, typer.Option("--dataset", help="Bundled bars (extra: datasets); repeatable.")
]
Decisions = Annotated[
    list[Path] | None, typer.Option("--decisions", help="Decisions written with detail=full, .jsonl; repeatable.")
]
Name = Annotated[str, typer.Option("--name", help="Name of the model.")]
Version = Annotated[str, typer.Option("--version", help="Semantic version of the model.")]
Out = Annotated[Path, typer.Option("--registry", help="Folder of the registry to write to.")]
Kind = Annotated[choices.Kind, typer.Option("--kind", help="Kind of model; best: the one with the smaller log-loss.")]
Horizon = Annotated[
    int, typer.Option("--horizon", min=1, max=10_000, help="Number of bars that the label looks ahead.")
]
Folds = Annotated[int, typer.Option("--folds", min=1, max=100, help="Walk-forward folds.")]
Embargo = Annotated[
    float,
    typer.Option(
        "--embargo-hours",
        min=0,
        callback=finite,
        help="Embargo between training and test samples, beyond the purging, in hours.",
    ),
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Seed of the training.")]
Calibrate = Annotated[choices.Calibration, typer.Option("--calibration", help="Calibration of the probabilities.")]
Feature = Annotated[
    list[str] | None,
    typer.Option(
        "--feature",
        help="Feature to use (default: all without price scale, docs/reference/features.md); repeatable.",
        **known("feature", choices.features),
    ),
]


def train(
    files: Files = None,
    dataset: Datasets = None,
    decisions: Decisions = None,
    name: Name = "direction",
    version: Version = "1.0.0",
    registry: Out = Path("models"),
    kind: Kind = "best",
    horizon: Horizon = 12,
    folds: Folds = 5,
    embargo: Embargo = 0.0,
    seed: Seed = 1,
    calibration: Calibrate = "auto",
    feature: Feature = None,
    symbol: Symbol = None,
    interval: Interval = None,
    sort: Sort = False,
    decimal: Decimal = None,
    date_format: DateFormat = None,
    timezone: Timezone = None,
    repeated_hour: RepeatedHour = None,
    column: Column = None,
    json: Json = False,
) -> None:
    """Run bars through the engine, train a model of rises, write model, manifest, card; needs the extra `train`."""
    from worker.errors import CannotCreate
    from worker.models.description.names import check_name, check_version
    from worker.settings import load_engine_of
    from worker.training.plan import Plan
    from worker.training.samples import FEATURES, labelled, round_trip_cost
    from worker.training.train import described, publish
    from worker.training.train import train as run

    check_name(name)
    check_version(version)
    if (registry / name / version).exists():
        raise CannotCreate(f"{registry / name / version} exists already", "A version never changes: use another one")
    if not (files or dataset or decisions):
        raise typer.BadParameter("give files, --dataset or --decisions")
    with aside():
        engine = load_engine_of(settings_with())
    make_ready()
    features = tuple(feature or FEATURES)
    options = read_options(symbol, interval, decimal, date_format, timezone, column, repeated_hour)
    with aside():
        series = _series(files or [], dataset or [], decisions or [], options, sort, engine)
    cost = round_trip_cost(engine, [each.symbol for each in series])
    samples = labelled(series, features, horizon, cost)
    sources = [*(path.name for path in files or []), *(dataset or []), *(path.name for path in decisions or [])]
    embargo_ms = round(embargo * 3_600_000)
    made_from = described(sources, samples)
    plan = Plan(name, version, features, kind, horizon, cost, folds, embargo_ms, seed, calibration, made_from)
    trained = run(samples, plan)
    _show(trained, publish(trained, registry), json)


def _series(
    files: list[Path],
    datasets: Sequence[str],
    decisions: list[Path],
    options: ReadOptions,
    sort: bool,
    engine: EngineSettings,
) -> list[Series]:
    from worker.backtest.tape import tapes
    from worker.cli.bars import read_bars
    from worker.sources.report import ReadReport
    from worker.training.series import series_of_decisions, series_of_tapes

    report = ReadReport()
    bars = [read_bars([], each, options, sort, report) for each in datasets]
    if files:
        bars.append(read_bars(files, None, options, sort, report))
    return [*series_of_tapes(tapes(chain.from_iterable(bars)), engine), *series_of_decisions(decisions)]


def _show(trained: Trained, folder: Path, json: bool) -> None:
    if json:
        import msgspec

        judged: list[Any] = [each._asdict() | {"skill": each.skill, "table": None} for each in trained.evaluations]
        told = {"folder": str(folder), "kind": trained.kind, "sha256": trained.manifest.sha256, "evaluations": judged}
        typer.echo(msgspec.json.encode(told).decode())
        return
    from worker.training.card import worth

    rows = []
    for each in trained.evaluations:
        for label, found in ((f"{each.kind}: base rate", each.base), (each.kind, each.raw)):
            rows.append((label, f"{each.tested:,}", *(f"{figure:.4f}" for figure in found)))
    print_table(("out of sample", "predictions", "Brier", "log-loss", "ECE"), rows)
    typer.echo(worth(next(each for each in trained.evaluations if each.kind == trained.kind)))
    typer.echo(f"wrote {folder}: {trained.kind}, {len(trained.content):,} bytes, sha256 {trained.manifest.sha256[:12]}")
