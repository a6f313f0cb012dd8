"""How an extra is installed: the project lies on no package index, so pip needs its folder."""

from __future__ import annotations


def install(extra: str) -> str:
    """What to do when a package of an extra is missing."""
    return f"Run in the project's folder: pip install -e '.[{extra}]'"
