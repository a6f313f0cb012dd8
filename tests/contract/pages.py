"""What pages and configuration files name."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
_FILE = re.compile(
    r"(?<![\w/.*-])((?:deploy|docs|tests|worker|schemas|examples)/[\w./*-]+|requirements[\w-]*\.lock|pyproject\.toml)"
)


def files_in(text: str) -> set[str]:
    """The files and folders of the repository that a text names, without patterns."""
    return {name.rstrip("/.") for name in _FILE.findall(text) if "*" not in name}
