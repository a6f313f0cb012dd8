"""Confirmation of commands that can't be undone."""

from __future__ import annotations

import sys

import typer

from worker.errors import AlphapulseError, Exit


class NotConfirmed(AlphapulseError):
    """The user declined, or nobody could answer."""

    exit_code = Exit.USAGE


def confirm(question: str) -> None:
    """Continue after a yes on standard input. Write the question to standard error.

    Raises:
        NotConfirmed: the answer was no, or standard input was closed.
    """
    typer.echo(f"{question} [y/N] ", nl=False, err=True)  # click's own prompt writes a blank to standard output
    answer = sys.stdin.readline()
    if not answer:
        typer.echo(err=True)  # the question's line is still open
        raise NotConfirmed("nothing was done: the question was not answered", "Add --yes to skip the question")
    if answer.strip().lower() not in ("y", "yes"):
        raise NotConfirmed("nothing was done: the answer was no")
