"""`alphapulse risk`: the risk of the portfolio."""

from __future__ import annotations

import typer

from worker.cli import risk_stress

app = typer.Typer(help="The risk of all symbols together.", no_args_is_help=True)
app.command()(risk_stress.stress)
