"""The third-party scripts of the pages: which files, from which packages, with which hashes."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

PAGES = Path(__file__).parent / "pages"
FOLDER = PAGES / "vendor"
LIST = PAGES / "third_party.json"
COMMAND = "python -m worker.gateway.scripts"


class File(NamedTuple):
    """A file of a package and its name in `vendor/`."""

    origin: str
    name: str
    sha256: str


class Package(NamedTuple):
    """A package at one version; without files it is a part of another one and only named."""

    name: str
    version: str
    files: list[File]


def packages() -> list[Package]:
    """Return what the pages use, as `pages/third_party.json` lists it.

    By the standard library: a wheel is built where nothing is installed.
    """
    return [
        Package(
            one["package"],
            one["version"],
            [File(file["from"], file["to"], file["sha256"]) for file in one["files"]],
        )
        for one in json.loads(LIST.read_bytes())
    ]


def missing(folder: Path = FOLDER) -> list[str]:
    """Return the names of listed files that are absent or have other bytes than those listed."""
    return [file.name for package in packages() for file in package.files if not same(folder / file.name, file.sha256)]


def same(path: Path, digest: str) -> bool:
    """Tell whether the file has this hash."""
    return path.is_file() and sha256(path.read_bytes()).hexdigest() == digest
