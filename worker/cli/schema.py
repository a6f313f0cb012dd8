"""`alphapulse schema`: the wire contract as JSON Schema or AsyncAPI."""

from __future__ import annotations

from typing import Annotated

import typer

from worker.errors import AlphapulseError, Exit


class UnknownSchema(AlphapulseError):
    exit_code = Exit.USAGE


def schema(
    name: Annotated[
        str | None, typer.Argument(help="tick, decision, rejection, control, snapshot or asyncapi.", show_default=False)
    ] = None,
) -> None:
    """Print one schema as JSON; without a name, the names."""
    from schemas.generate import documents

    texts = {path.removeprefix("json/").split(".")[0]: text for path, text in documents().items()}
    if name is None:
        typer.echo("\n".join(texts))
    elif name in texts:
        typer.echo(texts[name], nl=False)
    else:
        raise UnknownSchema(f"there is no schema {name}", f"Choose among: {', '.join(texts)}")
