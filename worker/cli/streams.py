"""Standard output and error that may have another encoding, be full, or be a pipe whose reader has gone."""

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
    """Make both streams exist and accept every character; one that the encoding lacks is shown as `?`.

    Returns the argument of `settle`.
    """
    # If closed by the caller (`>&-`), they are None, and every write would fail.
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")
    return _identity()


def settle(code: int, found: Identity) -> int:
    """Flush the streams at the end of the program; return the exit code, changed if that fails.

    `found` is the result of `prepare`: standard output is another file once its reader has gone.
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
    """Write nothing more, since the reader has gone; return the code of a program that SIGPIPE ended."""
    _to_nowhere(sys.stdout)
    return Exit.PIPE


def _identity() -> Identity:
    try:
        status = os.fstat(sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):  # closed, or none
        return None
    return status.st_dev, status.st_ino


def _to_nowhere(stream: TextIO) -> None:
    # Buffered output would fail again, with a message, when the interpreter ends.
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
