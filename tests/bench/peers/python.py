"""Virtual environments of peers: made on first use, outside the repository, and never part of its locks."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.bench import environments
from tests.bench.absent import Absent


def interpreter(requirement: str) -> Path:
    """Python with this one requirement (`name==version`), whether it is there yet or not."""
    return environments.interpreter(_folder(requirement))


def install(requirement: str) -> str:
    """Make its virtual environment if there is none; returns the version.

    Raises:
        Absent: no environment can be made, or the package can't be had.
    """
    folder = _folder(requirement)
    if not environments.installed(folder):
        environments.make(folder, requirement)
    return requirement.partition("==")[2]


def version_here(package: str) -> str:
    """Version of a package that the project's own environment has."""
    try:
        return version(package)
    except PackageNotFoundError:
        raise Absent(f"{package} is not installed; run make setup") from None


def _folder(requirement: str) -> Path:
    return environments.folder_of(re.sub("[^a-z0-9.]+", "-", requirement.lower()))
