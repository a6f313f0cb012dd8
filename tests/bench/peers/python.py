"""Virtual environments of peers: made on first use, outside the repository, and never part of its locks."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.bench.peers.absent import Absent
from worker.paths import cache_dir

INSTALL_S = 600
WHOLE = "installed"  # written last: a virtual environment can't be renamed into its place


def interpreter(requirement: str) -> Path:
    """Python with this one requirement (`name==version`), whether it is there yet or not."""
    return _folder(requirement) / "bin" / "python"


def install(requirement: str) -> str:
    """Make its virtual environment if there is none; returns the version.

    Raises:
        Absent: no environment can be made, or the package can't be had.
    """
    folder = _folder(requirement)
    if not (folder / WHOLE).is_file():
        _make(folder, requirement)
    return requirement.partition("==")[2]


def version_here(package: str) -> str:
    """Version of a package that the project's own environment has."""
    try:
        return version(package)
    except PackageNotFoundError:
        raise Absent(f"{package} is not installed; run make setup") from None


def _folder(requirement: str) -> Path:
    python = f"py{sys.version_info.major}{sys.version_info.minor}"
    return cache_dir() / "bench" / f"{re.sub('[^a-z0-9.]+', '-', requirement.lower())}-{python}"


def _make(folder: Path, requirement: str) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        _run(sys.executable, "-m", "venv", str(folder))
        _run(str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", requirement)
        (folder / WHOLE).touch()
    except (subprocess.SubprocessError, OSError) as error:
        said = getattr(error, "stderr", None) or str(error)
        raise Absent(f"{requirement}: {said.strip().splitlines()[-1]}") from error


def _run(*command: str) -> None:
    environment = os.environ | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=INSTALL_S, env=environment)
