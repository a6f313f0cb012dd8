"""The path of a setting, its spelling in each kind of source, and the nearest path to a misspelt name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any, get_args, get_origin

from pydantic import BaseModel

SettingPath = tuple[str, ...]
PREFIX = "ALPHAPULSE_"
DELIMITER = "__"
# Mappings: any key may follow here, and its case counts. All other parts are names of fields.
PARAMETERS = ("engine", "strategy", "parameters")
MAPPINGS = frozenset(
    {
        ("engine", "instruments"),
        ("engine", "validation", "calendars"),
        PARAMETERS,
        ("gateway", "oidc", "roles"),
        ("risk", "fx"),
    }
)
ANY = "*"  # stands for a key of a mapping
ALIKE = 0.7  # of names that differ by a letter, or by two that have changed places
SLIP = 0.9  # of paths that differ so little
_BARE = re.compile(r"[A-Za-z0-9_<>*-]+")


def path_of(name: str) -> SettingPath:
    """Return the path for the name of a variable or of a secret's file, given without its prefix."""
    path: SettingPath = ()
    for part in name.split(DELIMITER):
        path += (part if path in MAPPINGS else part.lower(),)
    return path


def variable(path: SettingPath) -> str:
    """Return the variable that sets the path."""
    parts = [part if path[:at] in MAPPINGS else part.upper() for at, part in enumerate(path)]
    return PREFIX + DELIMITER.join(parts)


def dotted(path: Iterable[object]) -> str:
    """Return the path in TOML's form."""
    parts = [printable(str(part)) for part in path]
    return ".".join(part if _BARE.fullmatch(part) else f'"{part}"' for part in parts)


def printable(text: str) -> str:
    """Escape unprintable characters: names of variables and files may hold any byte."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def leaves(model: type[BaseModel], above: SettingPath = ()) -> Iterator[SettingPath]:
    """Yield the paths of a model's settings; `*` stands for any key."""
    for name, field in model.model_fields.items():
        path, kind = (*above, name), field.annotation
        if get_origin(kind) is dict:
            path, kind = (*path, ANY), get_args(kind)[1]
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from leaves(kind, path)
        else:
            yield path


def lists(model: type[BaseModel]) -> Iterator[SettingPath]:
    """Yield the paths of a model's settings that hold a list."""
    for path in leaves(model):
        kind: Any = model
        for name in path:
            kind = kind.model_fields[name].annotation if name != ANY else get_args(kind)[1]
        if get_origin(kind) is tuple:
            yield path


def nearest(path: SettingPath, known: Iterable[SettingPath]) -> SettingPath | None:
    """Return the setting that was probably meant: one with the same last name, else the most similar one.

    A parameter of a strategy has no name that resembles its path: there, the last name alone is compared.
    """
    # A mapping of values takes any name, so none is meant there.
    named = (one for one in known if one[-1] != ANY)
    filled = [tuple(_key(path, at) if part == ANY else part for at, part in enumerate(one)) for one in named]
    if above := next((one for one in filled if path[: len(one)] == one), None):
        return above  # a name below a single value
    whole, same = DELIMITER.join(path).lower(), [one for one in filled if one[-1].lower() == path[-1].lower()]
    spelt = {DELIMITER.join(one).lower(): one for one in same or filled}
    parameter = close(path[-1], [one[-1] for one in filled if one[:-1] == PARAMETERS])
    if not same and parameter is not None and not get_close_matches(whole, spelt, 1, SLIP):
        return (*PARAMETERS, parameter)
    near: list[Any] = get_close_matches(whole, spelt, 1, 0.0 if same else 0.6)
    return spelt[near[0]] if near else None


def close(name: str, names: Iterable[str]) -> str | None:
    """Return the name that is most like another one, in whatever case; None where none is alike."""
    spelt = {each.lower(): each for each in names}
    near = get_close_matches(name.lower(), spelt, 1, ALIKE)
    return spelt[near[0]] if near else None


def _key(path: SettingPath, at: int) -> str:
    return path[at] if at < len(path) else "<key>"
