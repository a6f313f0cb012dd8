"""`alphapulse gateway token`: a new token, and its lines for the token file."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated

import typer

from worker.cli.choices import GatewayRole
from worker.cli.common import Json
from worker.cli.output import print_json

_SPAN = re.compile(r"([1-9][0-9]{0,4})([hdw])")
_HOURS = {"h": 1, "d": 24, "w": 168}


def token(
    label: Annotated[str, typer.Option("--label", help="Name of whoever gets it, as the audit shows it.")],
    role: Annotated[GatewayRole, typer.Option("--role", help="What it allows.")] = "read",
    expires: Annotated[str, typer.Option("--expires", help="Time from now: 12h, 90d, 52w, or never.")] = "90d",
    json: Json = False,
) -> None:
    """Make a token; print it, and the lines for gateway.token_file. It is stored nowhere."""
    from datetime import UTC, datetime

    from worker.gateway.auth.tokens import new_token

    now = datetime.now(UTC)
    secret, lines = new_token(label, role, _span(expires), now)
    if json:
        print_json({"token": secret, "lines": lines})
        return
    typer.echo(f"{secret}\n")
    typer.echo("This is the only time that the token is shown. Append these lines to gateway.token_file:\n", err=True)
    typer.echo(lines)


def _span(text: str) -> timedelta | None:
    if text == "never":
        return None
    if (found := _SPAN.fullmatch(text)) is None:
        raise typer.BadParameter("write a number of hours, days or weeks (12h, 90d, 52w), or never")
    return timedelta(hours=int(found[1]) * _HOURS[found[2]])
