"""Failures to write a file or folder as one sentence instead of a traceback."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from worker.errors import CannotCreate

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
LONGEST_NAME = 200  # characters of a path in a message
REFUSALS = FULL | {errno.EACCES, errno.EPERM, errno.EROFS}  # errors of the place, whatever the operation


def refusal(error: OSError) -> CannotCreate:
    """Explain an error that no command handles; without a file name it is one of `REFUSALS` on standard output."""
    name = str(error.filename or "what is printed")
    name = name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}..."
    full = error.errno in FULL
    fix = "Grant this user access, or choose another path"
    if error.errno not in REFUSALS:
        fix = "Choose another path"
    elif full:
        fix = "Free space there"
    return CannotCreate(f"{name} can't be used: {'the disk is full' if full else reason(error)}", fix)


def reason(error: OSError) -> str:
    """Return the reason in a few words; errors of libraries may have no `strerror`."""
    return error.strerror or str(error)


@contextmanager
def created(path: Path, fix: str) -> Iterator[None]:
    """Turn a failure to write `path` in the block into an error with a `fix`.

    Raises:
        CannotCreate: the operating system refuses: no such folder, no permission, no space.
    """
    try:
        yield
    except OSError as error:
        raise cannot_create(path, error, fix) from None


def cannot_create(path: Path, error: OSError, fix: str) -> CannotCreate:
    """Explain the error for `path`."""
    if error.errno == errno.ENOENT and not path.parent.is_dir():
        return CannotCreate(
            f"{path} can't be written: the folder {path.parent} does not exist", f"Create it: mkdir -p {path.parent}"
        )
    if error.errno in FULL:
        return CannotCreate(f"{path} can't be written: the disk is full", f"Free space there. Or: {fix}")
    return CannotCreate(f"{path} can't be written: {reason(error)}", fix)
