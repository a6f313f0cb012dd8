"""Machine-readable output of commands."""

from __future__ import annotations

import sys
from typing import Any

import typer


def print_json(value: Any) -> None:
    """Write one JSON document and a line break to standard output, as UTF-8 in every locale."""
    import msgspec

    typer.echo(msgspec.json.encode(value))


def print_facts(facts: dict[str, Any]) -> None:
    """Write the facts of a process that goes on: at once, since a pipe would buffer them until it ends."""
    print_json(facts)
    sys.stdout.flush()
