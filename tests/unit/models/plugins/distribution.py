"""Makes a folder look like an installed distribution: its modules, and the entry points of its project file."""

from __future__ import annotations

import tomllib
from pathlib import Path

EXAMPLE = Path(__file__).parents[4] / "examples" / "plugin"


def entry_points_of(project: Path) -> dict[str, dict[str, str]]:
    """Groups of entry points of a `pyproject.toml`."""
    found: dict[str, dict[str, str]] = tomllib.loads(project.read_text())["project"]["entry-points"]
    return found


def register(site: Path, name: str, groups: dict[str, dict[str, str]]) -> None:
    """Write a distribution's metadata into `site`, a folder on the path."""
    info = site / f"{name}-1.0.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0.0\n")
    lines = [
        line
        for group, entries in groups.items()
        for line in (f"[{group}]", *(f"{k} = {v}" for k, v in entries.items()))
    ]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
