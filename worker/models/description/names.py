"""Names, versions and file paths of models."""

from __future__ import annotations

import re
from pathlib import Path

from worker.models.errors import ModelRefused

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_NUMBER = r"(?:0|[1-9][0-9]{0,8})"
_LABELS = r"[0-9a-z-]{1,32}(?:\.[0-9a-z-]{1,32}){0,7}"
VERSION = re.compile(rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_LABELS}))?")  # semver.org, lower case, no build

Order = tuple[int, int, int, bool, tuple[tuple[bool, int, str], ...]]


def check_name(name: str) -> str:
    """Check a name and return it.

    Raises:
        ModelRefused: it is not a valid name.
    """
    if not NAME.fullmatch(name):
        raise ModelRefused(f"{name!r} is not a model name", f"Names match {NAME.pattern}")
    return name


def check_version(version: str) -> str:
    """Check a version and return it.

    Raises:
        ModelRefused: it is not a semantic version.
    """
    if not VERSION.fullmatch(version):
        raise ModelRefused(
            f"{version!r} is not a model version", "Versions are semantic, for example 1.2.0 or 2.0.0-rc.1"
        )
    return version


def precedence(version: str) -> Order:
    """Return the sort key of a version, by the rules of semver.org: a pre-release precedes its release."""
    found = VERSION.fullmatch(check_version(version))
    assert found is not None
    major, minor, patch, labels = found.groups()
    parts = [] if labels is None else labels.split(".")
    ranked = tuple((not each.isdigit(), int(each) if each.isdigit() else 0, each) for each in parts)
    return int(major), int(minor), int(patch), labels is None, ranked


def split(text: str) -> tuple[str, str | None]:
    """Split `name` or `name@version` into (name, version or None)."""
    name, at, version = text.partition("@")
    return check_name(name), check_version(version) if at else None


def confined(root: Path, *parts: str) -> Path:
    """Return a path below `root` that no symbolic link leads to.

    Raises:
        ModelRefused: it leaves the root or is a link.
    """
    path = root
    for part in parts:
        path = path / part
        if path.is_symlink():
            raise ModelRefused(f"{path} is a symbolic link", "Put the file itself into the registry")
    if not path.resolve().is_relative_to(root.resolve()):
        raise ModelRefused(f"{path} lies outside the registry {root}", "Correct the name")
    return path
