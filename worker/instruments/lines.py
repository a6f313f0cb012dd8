"""Where in a TOML text a value stands, for error messages."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence


def _header(line: str) -> tuple[str, ...] | None:
    # The path of a table header, by the parser itself, so that quoted names are read right.
    try:
        node = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return None
    path: list[str] = []
    while isinstance(node, dict) and node:
        name = next(iter(node))
        path.append(name)
        node = node[name]
    return tuple(path)


def line_of(text: str, path: Sequence[object]) -> int:
    """Return the line number of the first table or key that shares most of `path`; 1 if none does."""
    table: tuple[str, ...] = ()
    best, line_number = 0, 1
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        here: tuple[str, ...] | None = None
        if stripped.startswith("["):
            here = _header(stripped)
            table = here if here is not None else table
        elif "=" in stripped:
            here = (*table, stripped.partition("=")[0].strip().strip("\"'"))
        if here is None:
            continue
        depth = min(len(here), len(path))
        if here[:depth] == tuple(path[:depth]) and depth > best:
            best, line_number = depth, number
    return line_number
