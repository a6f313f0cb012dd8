"""Ask before something that cannot be undone."""

from __future__ import annotations

import sys

import typer

from worker.errors import AlphapulseError, Exit


class NotConfirmed(AlphapulseError):
    """The question was answered with no, or nobody could be asked."""

    exit_code = Exit.USAGE


def confirm(question: str) -> None:
    """Go on after a yes on standard input. The question goes to standard error.

    Raises:
        NotConfirmed: it was a no, or standard input had ended.
    """
    typer.echo(f"{question} [y/N] ", nl=False, err=True)  # click's own prompt writes a blank to standard output
    answer = sys.stdin.readline()
    if not answer:
        typer.echo(err=True)  # the question's line is still open
        raise NotConfirmed("nothing was done: nobody answered the question", "give --yes to go on without it")
    if answer.strip().lower() not in ("y", "yes"):
        raise NotConfirmed("nothing was done: the answer was no")
