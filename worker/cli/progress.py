"""Progress of a command on stderr: a bar on a terminal, else a line every few seconds."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

_LINE_EVERY = 5.0  # seconds between lines where no bar can be drawn


@contextmanager
def progress(doing: str, done: str, total: int | None, what: str = "records") -> Iterator[Callable[[int], None]]:
    """Yield a function that takes the number of records so far; `doing` labels the bar, `done` begins a line."""
    if not sys.stderr.isatty():
        yield _lines(done, what)
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn(doing), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=total)
        yield lambda count: bar.update(task, completed=count)


def _lines(done: str, what: str) -> Callable[[int], None]:
    due = time.monotonic() + _LINE_EVERY

    def advance(count: int) -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + _LINE_EVERY
            typer.echo(f"{done} {count:,} {what}", err=True)

    return advance
