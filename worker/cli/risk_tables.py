"""The table that `alphapulse risk show` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from worker.cli.tables import print_table

if TYPE_CHECKING:
    from schemas.portfolio import Loss, Portfolio
    from worker.risk.settings import RiskSettings

HEAD = ("figure", "value", "limit", "of the limit")


def show(found: Portfolio, risk: RiskSettings) -> None:
    """Print the newest record: figures beside the limits of the present settings, and what is blocked."""
    from worker.stream.output.builder import rfc3339

    typer.echo(f"record {found.number} at {rfc3339(found.ts)}, equity {found.equity.equity:,.2f} {risk.currency}")
    rows = [
        _row("gross", found.ordered.gross, risk.max_gross),
        _row("net", found.ordered.net, risk.max_net),
        _row("var99", _larger(found.var99), risk.max_var99),
        _row("es99", _larger(found.es99), risk.max_es99),
        _row("drawdown", found.equity.drawdown, risk.drawdown_hard),
        _row("loss of the day", max(-found.equity.day_return, 0.0), risk.day_kill),
        _row("turnover", found.equity.turnover, risk.max_turnover),
    ]
    print_table(HEAD, rows)
    typer.echo(f"sizes are scaled by {found.multiplier:g}; positions: {found.concentration.positions:g} of equal size")
    typer.echo(f"nothing is opened: {'; '.join(found.blocking)}" if found.blocking else "opens are allowed")
    for warning in found.warnings:
        typer.echo(f"warning: {warning}")
    if found.unreadable:
        typer.echo(f"warning: {found.unreadable} decisions can't be read (`alphapulse risk acknowledge unreadable`)")


def _row(name: str, value: float | None, limit: float) -> tuple[str, str, str, str]:
    if value is None:
        return name, "no equity", f"{limit:.2%}", ""
    return name, f"{value:.2%}", f"{limit:.2%}", f"{abs(value) / limit:.0%}"


def _larger(loss: Loss) -> float | None:
    known = [value for value in (loss.parametric, loss.historical) if value is not None]
    return max(known, default=None)
