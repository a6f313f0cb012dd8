"""Machine-readable output of commands."""

from __future__ import annotations

from typing import Any

import typer


def print_json(value: Any) -> None:
    """Write one JSON document and a line break to standard output, as UTF-8 in every locale."""
    import msgspec

    typer.echo(msgspec.json.encode(value))
