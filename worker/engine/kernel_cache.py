"""The disk cache of compiled kernels: a folder per version of numba and Python and per CPU."""

from __future__ import annotations

import os
import platform
import shutil
import stat
import tempfile
from pathlib import Path
from typing import NamedTuple

import llvmlite.binding
import numba

from worker.paths import cache_dir


class KernelCache(NamedTuple):
    """The folder of compiled kernels, None without a usable one; `refused` is the fault of the cache directory."""

    folder: Path | None
    refused: str = ""


def platform_name() -> str:
    """Return all that compiled code depends on beside its sources: numba, Python and the CPU."""
    return f"numba{numba.__version__}-py{platform.python_version()}-{llvmlite.binding.get_host_cpu_name()}"


def prepare_cache() -> KernelCache:
    """Return the folder in the cache directory; if that can't be written, a copy in the temporary directory."""
    home = cache_dir() / "kernels" / platform_name()
    if not (refused := _refused(home)):
        return KernelCache(home)
    told = f"{home} can't be written ({refused})"
    try:
        private = Path(tempfile.gettempdir()) / f"alphapulse-kernels-{os.getuid()}"
        private.mkdir(mode=0o700, exist_ok=True)
        copy = private / home.name
        if not _only_ours(private) or _refused(copy):
            return KernelCache(None, told)
        _fill(copy, home)
    except OSError:
        return KernelCache(None, told)
    return KernelCache(copy, told)


def _refused(folder: Path) -> str:
    """Return why no file can be created in `folder`; empty if it can."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return error.strerror or str(error)


def _only_ours(folder: Path) -> bool:
    # Its content is executed, and anybody may create a folder of that name first.
    found = folder.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o022


def _fill(copy: Path, home: Path) -> None:
    """Copy missing files; another process may do the same at the same time."""
    for source in home.rglob("*"):
        target = copy / source.relative_to(home)
        if source.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        elif not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f".{target.name}.{os.getpid()}")
            shutil.copyfile(source, part)  # without the mode of a read-only folder
            os.replace(part, target)
