"""Commands in this process, with what they print and how they end: a new interpreter each would take seconds."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import traceback
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tests.support.fleet import environment
from worker.cli.app import run
from worker.settings import Settings


class Called(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def crashed(self) -> bool:
        """Whether it printed a traceback, or ended in a way that no command may."""
        return "Traceback (most recent call last)" in self.out + self.err

    @property
    def sentence(self) -> str:
        """What stderr says, in one line."""
        return " ".join(self.err.split())


def call(
    *arguments: str, folder: Path | None = None, environment: Mapping[str, str] | None = None, typed: str = ""
) -> Called:
    """Run `alphapulse` with these arguments as the program would, in `folder`, with `typed` on standard input."""
    out, err = _Stream(), _Stream()
    with _surroundings(list(arguments), folder, environment or {}, out, err, typed):
        code = _ended(err)
    return Called(code, out.text, err.text)


def command(settings: Settings, *arguments: str, **extra: str) -> Called:
    """As `call` with these settings and variables, also in a test that runs in an event loop: it gets a thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call, *arguments, environment=environment(settings, **extra)).result()


class _Stream(io.TextIOWrapper):
    """Text that is kept; not a terminal."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", errors="backslashreplace", write_through=True)

    @property
    def text(self) -> str:
        self.flush()
        kept = self.buffer
        assert isinstance(kept, io.BytesIO)
        return kept.getvalue().decode(errors="replace")


def _ended(err: _Stream) -> int:
    try:
        run()
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=err)
            return 1
        return int(end.code or 0)
    except BaseException:  # what the interpreter would do with it
        traceback.print_exc(file=err)
        return 1
    return 0


@contextlib.contextmanager
def _surroundings(
    arguments: list[str], folder: Path | None, environment: Mapping[str, str], out: _Stream, err: _Stream, typed: str
) -> Iterator[None]:
    before, place, told, read = dict(os.environ), Path.cwd(), sys.argv, sys.stdin
    sys.argv = ["alphapulse", *arguments]
    sys.stdin = io.TextIOWrapper(io.BytesIO(typed.encode()), encoding="utf-8")
    os.environ.update(environment)
    try:
        if folder is not None:
            os.chdir(folder)
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            yield
    finally:
        os.chdir(place)
        os.environ.clear()
        os.environ.update(before)
        sys.argv, sys.stdin = told, read
