"""`alphapulse schema`: print the wire contract as JSON Schema or AsyncAPI."""

from __future__ import annotations

from typing import Annotated

import typer

from worker.cli.choices import SchemaName
from worker.cli.output import print_json


def schema(
    name: Annotated[SchemaName | None, typer.Argument(help="Name of a schema.", show_default=False)] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the names as JSON; a schema is always JSON.")] = False,
) -> None:
    """Print one schema as JSON; without a name, the names."""
    from schemas.generate import documents

    texts = {path.removeprefix("json/").split(".")[0]: text for path, text in documents().items()}
    if name is not None:
        typer.echo(texts[name].encode(), nl=False)
    elif json:
        print_json(list(texts))
    else:
        typer.echo("\n".join(texts))
