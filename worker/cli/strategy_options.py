"""Options that choose a strategy and its parameters."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, redirect_stdout
from pathlib import Path
from typing import Annotated, Any

import typer

StrategyFile = Annotated[
    Path | None,
    typer.Option("--strategy", help="Python file of a strategy (default: engine.strategy).", show_default=False),
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", help="A parameter of the strategy; repeat it.", show_default=False),
]


def aside() -> AbstractContextManager[object]:
    """Return a context in which what a strategy prints goes to stderr: the command's own data is on stdout."""
    return redirect_stdout(sys.stderr)


def strategy_settings(file: Path | None, parameters: Sequence[str] | None) -> dict[str, Any]:
    """Return the settings that the options stand for, nested below `engine`.

    Raises:
        typer.BadParameter: a parameter is not written as name=value.
    """
    given: dict[str, Any] = {} if file is None else {"file": str(file)}
    for each in parameters or ():
        name, is_given, value = each.partition("=")
        if not is_given or not name.isidentifier():
            raise typer.BadParameter(f"write a parameter as name=value, not {each!r}", param_hint="--set")
        given.setdefault("parameters", {})[name] = value
    return {"strategy": given} if given else {}
