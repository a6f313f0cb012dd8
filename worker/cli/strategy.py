"""`alphapulse strategy`: write a strategy to begin with, check it, and show what one is."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from worker.cli import strategy_check
from worker.cli.common import Json
from worker.cli.output import print_json
from worker.cli.strategy_options import Set, aside, strategy_settings
from worker.cli.tables import print_table

app = typer.Typer(help="Write a strategy of your own, check it, and show what it is.", no_args_is_help=True)
app.command()(strategy_check.check)

File = Annotated[Path, typer.Argument(help="Python file of the strategy.", show_default=False)]


@app.command()
def new(file: File, json: Json = False) -> None:
    """Write a strategy to begin with; never over a file that exists."""
    from worker.strategy.scaffold import write

    write(file)
    if json:
        print_json({"file": str(file)})
    else:
        quoted = shlex.quote(str(file))
        typer.echo(f"wrote {file}; try: alphapulse strategy check {quoted}")
        typer.echo(f"      and: alphapulse backtest --dataset sp500 --strategy {quoted}")


@app.command()
def show(file: File, set_: Set = None, json: Json = False) -> None:
    """Show parameters, indicators with their warm-up in bars, state and digest; nothing of it is run at a bar."""
    from worker.strategy.describing.definition import define
    from worker.strategy.describing.source import from_file
    from worker.strategy.describing.summary import summary

    given = strategy_settings(file, set_)["strategy"].get("parameters", {})
    with aside():
        found = summary(define(from_file(file), given))
    if json:
        print_json(found)
        return
    typer.echo(f"{found['name']}, version {found['version']}, sha256 {found['digest']}")
    for title, rows in (
        ("parameters", found["parameters"]),
        ("indicators", found["indicators"]),
        ("state", found["state"]),
    ):
        if rows:
            typer.echo(f"\n{title}")
            print_table(list(rows[0]), [list(map(_shown, row.values())) for row in rows])
    for title, names in (("tags", "tags"), ("notes", "notes"), ("values of observe", "values")):
        if found[names]:
            typer.echo(f"\n{title}: {', '.join(found[names])}")
    if found["extra"]:
        typer.echo(f"\nextra columns of ticks: {', '.join(found['extra'])}")
    sizes = found["bytes"]
    typer.echo(f"\n{sizes['indicators']} bytes of indicators and {sizes['state']} of state a symbol")


def _shown(value: Any) -> str:
    return "" if value is None else str(value)
