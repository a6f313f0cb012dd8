"""All commands of the program, as typer makes them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import typer
from typer.main import get_command

from worker.cli import app


@cache
def program() -> typer.Typer:
    """The program with all its commands."""
    app._assemble()
    return app.app


def walk(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, by the words that lead to it."""
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
        return
    for name, each in inner.items():
        yield from walk(each, (*path, name))


COMMANDS = dict(walk(get_command(program())))
NAMES = [" ".join(path) for path in COMMANDS]


def options(command: Any) -> list[Any]:
    """Its options and arguments."""
    return [each for each in command.params if each.name != "help"]


def context(command: Any) -> typer.Context:
    """A context to read values in."""
    return typer.Context(command)
