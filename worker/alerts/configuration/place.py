"""Where in the file something stands, and what was probably meant."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel

KINDS = ("match", "rate", "absent", "threshold", "webhook", "alertmanager", "mail", "apprise")
ALIKE = 0.6


def line_of(text: str, path: Sequence[object]) -> int:
    """Return the line number of the first table or key that shares most of `path`; 1 if none does.

    A number in the path is the place of a table in an array (`[[routes]]`).
    """
    table: tuple[object, ...] = ()
    counts: dict[tuple[object, ...], int] = {}
    best, found = 0, 1
    for number, line in enumerate(text.splitlines(), 1):
        stripped = line.strip()
        here: tuple[object, ...] | None = None
        if stripped.startswith("["):
            named = _header(stripped)
            if named is not None:
                if stripped.startswith("[["):
                    counts[named] = counts.get(named, -1) + 1
                    named = (*named, counts[named])
                table = here = named
        elif "=" in stripped:
            here = (*table, stripped.partition("=")[0].strip().strip("\"'"))
        if here is None:
            continue
        depth = min(len(here), len(path))
        if here[:depth] == tuple(path[:depth]) and depth > best:
            best, found = depth, number
    return found


def place(loc: Sequence[Any]) -> tuple[Any, ...]:
    """Return the path of a validator's error in the file: without the names of kinds, which it puts in."""
    return tuple(part for at, part in enumerate(loc) if not (at == 2 and part in KINDS))


def meant(name: str, known: Iterable[str]) -> str:
    """Return a suggestion for a name that is not known."""
    names = list(known)
    near = get_close_matches(name, names, 1, ALIKE)
    return f"did you mean {near[0]}?" if near else f"known: {', '.join(names)}"


def names(model: type[BaseModel]) -> list[str]:
    """Return the keys of a table, as the file spells them."""
    return [field.alias or name for name, field in model.model_fields.items()]


def _header(line: str) -> tuple[object, ...] | None:
    # The path of a table header, by the parser itself, so that quoted names are read right.
    try:
        node: Any = tomllib.loads(line)
    except tomllib.TOMLDecodeError:
        return None
    path: list[object] = []
    while isinstance(node, dict) and node:
        key = next(iter(node))
        path.append(key)
        node = node[key]
    return tuple(path)
