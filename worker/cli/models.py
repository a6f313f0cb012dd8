"""`alphapulse models`: list the registry, verify it, and measure the cost of scoring."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli.common import Json
from worker.cli.completion import models
from worker.cli.output import print_json
from worker.cli.tables import print_table
from worker.cli.values import finite
from worker.errors import Exit

if TYPE_CHECKING:
    from worker.models.registry import Registry

app = typer.Typer(help="List, verify and time the models of a registry.", no_args_is_help=True)

Root = Annotated[Path, typer.Option("--registry", help="Folder of <name>/<version>/.")]
Which = Annotated[
    list[str] | None,
    typer.Argument(help="NAME or NAME@VERSION; without one, all.", show_default=False, autocompletion=models),
]
One = Annotated[
    str,
    typer.Argument(
        help="NAME or NAME@VERSION; without a version, the newest.", show_default=False, autocompletion=models
    ),
]


@app.command("list")
def list_(registry: Root = Path("models"), json: Json = False) -> None:
    """List names, versions and manifests; graphs are not read."""
    from worker.models.listing import listed
    from worker.models.registry import Registry

    _print(listed(Registry(registry)), json)


@app.command()
def check(which: Which = None, registry: Root = Path("models"), json: Json = False) -> None:
    """Verify hash, graph, names, canary and batch invariance. Exit 65 when a model would be refused."""
    from worker.models.listing import checked
    from worker.models.registry import Registry

    found = Registry(registry)
    rows = [checked(found, name, version) for name, version in _chosen(found, which or found.names())]
    _print(rows, json)
    if any(row["verdict"] != "ok" for row in rows):
        raise typer.Exit(Exit.DATA)


@app.command()
def benchmark(
    which: One,
    registry: Root = Path("models"),
    seconds: Annotated[
        float,
        typer.Option("--seconds", min=0.01, max=3_600.0, callback=finite, help="Seconds to measure per batch size."),
    ] = 1.0,
    json: Json = False,
) -> None:
    """Measure microseconds per bar at several batch sizes, from feature rows to probabilities, on one core."""
    from worker.models.description.names import split
    from worker.models.registry import Registry
    from worker.models.timing import timed

    found = Registry(registry)
    name, version = split(which)
    loaded = found.load(name, version or found.newest(name))
    rows = [{"batch": batch, "us_per_bar": round(cost, 3)} for batch, cost in timed(loaded, seconds).items()]
    _print(rows, json)
    if not loaded.scorer.micro_batching and not json:
        typer.echo("its rows depend on other rows of the batch, so it scores row by row")


def _chosen(registry: Registry, which: list[str]) -> list[tuple[str, str]]:
    from worker.models.description.names import split

    pairs = []
    for name, version in map(split, which):
        pairs += [(name, each) for each in ([version] if version else registry.versions(name))]
    return pairs


def _print(rows: list[dict[str, Any]], json: bool) -> None:
    if json:
        print_json(rows)
        return
    if not rows:
        typer.echo("the registry is empty")
        return
    print_table(
        [name.replace("_", " ") for name in rows[0]], [[_cell(value) for value in row.values()] for row in rows]
    )


def _cell(value: Any) -> str:
    # A terminal shows the part of a digest that people compare; a pipe and --json get all of it.
    text = "" if value is None else str(value)
    return text[:12] if sys.stdout.isatty() and re.fullmatch("[0-9a-f]{64}", text) else text
