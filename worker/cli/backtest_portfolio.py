"""Options of `alphapulse backtest` for all symbols on one clock, and what they run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli.tables import print_table

if TYPE_CHECKING:
    from worker.backtest.ledger import Ledger
    from worker.settings import Settings

Portfolio = Annotated[
    bool,
    typer.Option("--portfolio", help="Play all symbols on one clock, with the risk monitor's limits in force."),
]
Replay = Annotated[
    Path | None,
    typer.Option(
        "--replay", help="Play the --portfolio run of this folder again, from its journal.", show_default=False
    ),
]
Acknowledge = Annotated[
    int | None,
    typer.Option(
        "--acknowledge",
        min=0,
        max=10_000,
        help="UTC days after which each kill of a --portfolio run is acknowledged (default: never).",
        show_default=False,
    ),
]


def check_together(portfolio: bool, replay: Path | None, acknowledge: int | None, others: bool, out: Path) -> bool:
    """Return whether all symbols share a clock; check that the options go together."""
    if replay is not None and acknowledge is not None:
        raise typer.BadParameter("--acknowledge has no effect on a --replay: its acknowledgements are recorded")
    if acknowledge is not None and not portfolio:
        raise typer.BadParameter("--acknowledge goes with --portfolio")
    if replay is not None and replay.resolve() == out.resolve():
        raise typer.BadParameter("--replay reads the folder that --out would overwrite: give another --out")
    portfolio = portfolio or replay is not None
    if portfolio and others:
        raise typer.BadParameter("--control, --truncate-check and --warmup-check don't go with --portfolio or --replay")
    return portfolio


def plain(*given: Any) -> tuple[list[Ledger], dict[str, Any]]:
    """Play each symbol by itself."""
    from worker.backtest.run import backtest as run

    return run(*given)


def runner(settings: Settings, acknowledge: int | None, replay: Path | None) -> Any:
    """Return what plays a portfolio, or plays it again."""
    from worker.backtest.portfolio.run import Manner, portfolio_backtest

    manner = Manner(settings.risk, acknowledge, replay)
    return lambda tapes, engine, *given: portfolio_backtest(tapes, engine, manner, *given)


def show_risk(found: dict[str, Any]) -> None:
    """Print the portfolio's risk: how near each limit came, and what tripped."""
    from worker.backtest.figures import write

    for text in found["warnings"]:
        typer.secho(f"warning: {text}.", fg="yellow", bold=True, err=True)
    typer.echo("\nrisk of the portfolio")
    largest = {name.replace("_", " "): one for name, one in found["largest"].items()}
    rows = [(name, write("percent", one["figure"]), write("percent", one["limit"])) for name, one in largest.items()]
    print_table(("", "largest", "limit"), rows)
    trips = ", ".join(f"{rule} {count:,}" for rule, count in found["trips"].items()) or "none"
    typer.echo(f"limits tripped: {trips}")
    typer.echo(
        f"{found['steps']:,} steps, {found['steps_without_opens']:,} without opens, {found['steps_killed']:,} killed; "
        f"{found['control_records']:,} control records; equity {write('money', found['capital'])} to "
        f"{write('money', found['equity'])} {found['currency']}"
    )
    typer.echo(
        f"value at risk: {found['var99_exceedances']:,} of {found['var99_days']:,} days lost more, Kupiec's likelihood "
        f"ratio {write('number', found['kupiec'])} (refused above 3.84)"
    )
