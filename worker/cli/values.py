"""Parsers of option values; each refuses an invalid value and says what to write."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Any

import typer

TIME = "an ISO date or time, UTC unless it names a zone, or epoch ms"  # for the help of such options


def moment(given: str | int) -> int:
    """Return the epoch ms of a date, a time, or epoch ms; return an int (a default) unchanged.

    Raises:
        typer.BadParameter: the value is none of these.
    """
    from worker.moments import read_moment

    if isinstance(given, int):
        return given
    try:
        return read_moment(given)
    except ValueError as problem:
        raise typer.BadParameter(str(problem)) from None


def check_span(since: int | None, until: int | None) -> None:
    """Refuse an empty span of --since and --until.

    Raises:
        typer.BadParameter: the span ends before or at its beginning.
    """
    from worker import moments

    try:
        moments.check_span(since, until)
    except ValueError as problem:
        raise typer.BadParameter(str(problem), param_hint="'--since' / '--until'") from None


def finite(given: float | None) -> float | None:
    """Return a finite number: a range alone accepts NaN.

    Raises:
        typer.BadParameter: the number is NaN or infinite.
    """
    if given is not None and not math.isfinite(given):
        raise typer.BadParameter(f"{given} is not a finite number")
    return given


def known(what: str, names: Callable[[], tuple[str, ...]]) -> dict[str, Any]:
    """Return `callback` and `autocompletion` of an option that takes several names of a closed list.

    It is for lists that are long or defined in a heavy module; short ones are an enum of `cli.choices`.
    """

    def check(given: list[str] | None) -> list[str] | None:
        for name in given or ():
            if name not in names():
                near = get_close_matches(name, names(), 3)
                hint = f"did you mean {' or '.join(near)}?" if near else f"known: {', '.join(names())}"
                raise typer.BadParameter(f"{name!r} is not a {what}; {hint}")
        return given

    def complete(incomplete: str) -> list[str]:
        return [name for name in names() if name.startswith(incomplete)]

    return {"callback": check, "autocompletion": complete}


def exclude(given: dict[str, bool]) -> None:
    """Refuse mutually exclusive options: names with whether each was given; at most one may be.

    Raises:
        typer.BadParameter: more than one was.
    """
    both = [name for name, is_given in given.items() if is_given]
    if len(both) > 1:
        raise typer.BadParameter(f"{' and '.join(both)} are mutually exclusive: give one of them")


def misplaced(ctx: typer.Context, names: Iterable[str], where: str) -> None:
    """Refuse options that have no effect; `where` names the reason.

    Raises:
        typer.BadParameter: one of them was given.
    """
    sources = {name: ctx.get_parameter_source(name) for name in names}
    given = [f"--{name.replace('_', '-')}" for name, source in sources.items() if source and source.name != "DEFAULT"]
    if given:
        raise typer.BadParameter(f"{' and '.join(given)} would have no effect {where}")
