"""A file or folder that can't be written ends a command by a sentence, not by a traceback."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from worker.errors import CannotCreate

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
REFUSALS = FULL | {errno.EACCES, errno.EPERM, errno.EROFS}  # of the place, whatever was to be done there


def refusal(error: OSError) -> CannotCreate:
    """What one of `REFUSALS` means that no command has foreseen; without a name it was standard output."""
    name = error.filename or "what is printed"
    full = error.errno in FULL
    fix = "Free space there" if full else "Give this user the right to it, or choose another place"
    return CannotCreate(f"{name} can't be used: {'the disk is full' if full else reason(error)}", fix)


def reason(error: OSError) -> str:
    """Why, in a few words; what libraries raise may have no `strerror`."""
    return error.strerror or str(error)


@contextmanager
def created(path: Path, fix: str) -> Iterator[None]:
    """Write `path` inside; `fix` says where else it could go.

    Raises:
        CannotCreate: the operating system refuses: no such folder, no right, no space.
    """
    try:
        yield
    except OSError as error:
        raise cannot_create(path, error, fix) from None


def cannot_create(path: Path, error: OSError, fix: str) -> CannotCreate:
    """What the error means for `path`."""
    if error.errno == errno.ENOENT and not path.parent.is_dir():
        return CannotCreate(
            f"{path} can't be written: there is no folder {path.parent}", f"Make it: mkdir -p {path.parent}"
        )
    if error.errno in FULL:
        return CannotCreate(f"{path} can't be written: the disk is full", f"Free space there. Or: {fix}")
    return CannotCreate(f"{path} can't be written: {reason(error)}", fix)
