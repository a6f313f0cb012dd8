"""Standard output and error as a program finds them: in another encoding, full, or a pipe whose reader has gone."""

from __future__ import annotations

import io
import os
import sys
from contextlib import suppress
from typing import TextIO

from worker.errors import Exit
from worker.files import REFUSALS, refusal

Identity = tuple[int, int] | None  # device and inode of an open file


def prepare() -> Identity:
    """Let no character fail (one that the locale's encoding lacks is shown as `?`), and no stream be missing.

    Returns what `settle` is to be given.
    """
    # Closed by the caller (`>&-`), they would be None, and whoever writes would fail.
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")
    return _identity()


def settle(code: int, found: Identity) -> int:
    """Write out what is buffered, at the end of the program; the exit code, changed if that fails.

    `found` is what `prepare` found: another file stands there now once the reader has gone.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        abandon()
    except OSError as error:
        if error.errno not in REFUSALS:
            raise
        _to_nowhere(sys.stdout)
        if code == Exit.OK:
            with suppress(OSError):
                sys.stderr.write(f"error: {refusal(error).message}.\n")
        return Exit.CANT_CREATE
    with suppress(OSError):
        sys.stderr.flush()
    return code if _identity() == found else Exit.PIPE


def abandon() -> int:
    """The reader has gone: write nothing more, and end as a program that SIGPIPE ended. rich does the first itself."""
    _to_nowhere(sys.stdout)
    return Exit.PIPE


def _identity() -> Identity:
    try:
        status = os.fstat(sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):  # closed, or none
        return None
    return status.st_dev, status.st_ino


def _to_nowhere(stream: TextIO) -> None:
    # What is still buffered would fail again when the interpreter ends, and say so.
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
