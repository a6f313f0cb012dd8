"""How the source lies in folders: the modules below a package, what each imports, and circles among them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
Graph = Mapping[str, set[str]]


def name_of(file: Path, root: Path = ROOT) -> str:
    """The dotted name of a module; that of a package for its `__init__.py`."""
    parts = file.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules(*packages: str, root: Path = ROOT) -> dict[str, Path]:
    """Every module below the packages, and the packages, by name."""
    return {name_of(file, root): file for package in packages for file in sorted((root / package).rglob("*.py"))}


def imports(source: str, known: Iterable[str]) -> set[str]:
    """Those of the known modules that a source imports, wherever in it and for whatever purpose."""
    known, found = set(known), set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.module is not None, "imports here are absolute"
            assert node.level == 0, "imports here are absolute"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= names & known
            if names - known:
                found.add(node.module)
    return found & known


def graph(files: Mapping[str, Path]) -> dict[str, set[str]]:
    """What each module imports of the others."""
    return {name: imports(file.read_text(encoding="utf-8"), files) - {name} for name, file in files.items()}


def children(package: str, arrows: Graph) -> dict[str, set[str]]:
    """The same between what lies directly in a package: a folder in it counts as one with all that it holds."""
    found: dict[str, set[str]] = {}
    head = f"{package}."
    for name, targets in arrows.items():
        if not name.startswith(head):
            continue
        own = name.removeprefix(head).split(".")[0]
        below = {target.removeprefix(head).split(".")[0] for target in targets if target.startswith(head)}
        found.setdefault(own, set()).update(below - {own})
    return found


def circle(arrows: Graph) -> list[str]:
    """The names of one circle, each imported by the one behind it; empty where there is none."""
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []
