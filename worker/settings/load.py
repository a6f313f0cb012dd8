"""Loaders of `Settings` and `EngineSettings` from the sources, with every problem and its source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import ValidationError

from worker.errors import ConfigError, SettingRefused
from worker.settings.model import Settings
from worker.settings.names import SettingPath, dotted
from worker.settings.origin import Origin
from worker.settings.problem import Problem, no_parameter, no_table, refused, unknown
from worker.settings.sources import read_all
from worker.settings.tree import Tree

if TYPE_CHECKING:
    from worker.configured_strategy import Filler
    from worker.engine.settings import EngineSettings

_NO_TABLE = frozenset({"model_type", "model_attributes_type", "dict_type"})


class Found(NamedTuple):
    """The valid settings, the origins of their values, and the problems found."""

    settings: Settings
    tree: Tree
    problems: list[Problem]


def load_settings(overrides: Mapping[str, Any] | None = None) -> Settings:
    """Read all sources; `overrides` are the command line's values, nested by section.

    Raises:
        ConfigError: a value is invalid, a name is unknown, or a source can't be read.
    """
    found = find_settings(overrides)
    raise_first(found.problems)
    return found.settings


def find_settings(overrides: Mapping[str, Any] | None = None) -> Found:
    """Read all sources, but drop invalid values and report them."""
    tree, problems = read_all(overrides or {})
    while True:
        try:
            settings = Settings.model_validate(tree.values())
            break
        except ValidationError as error:
            places = groupby(error.errors(include_url=False), lambda each: _place(tree, each["loc"]))
            dropped = False
            for place, group in places:
                problems += _of_settings(tree, place, [(each["type"], each["msg"]) for each in group])
                dropped |= tree.remove(place)
            if not dropped:  # another look would find the same
                first = error.errors(include_url=False)[0]
                raise ConfigError(f"the settings are invalid: {first['msg']}", "Correct the value") from None
    settings._tree = tree
    return Found(settings, tree, problems)


def load_engine_of(
    settings: Settings, changes: Mapping[str, Any] | None = None, plan: Path | None = None, fill: bool = True
) -> EngineSettings:
    """Return the engine's settings with the instruments file they name and the `changes` of a `plan` file.

    A change is named by its dotted path below `engine`. Without `fill` the strategy is not loaded.

    Raises:
        ConfigError: a name or a value is invalid; the message names its source.
    """
    from worker.configured_strategy import Filler

    return _load_engine(settings, changes or {}, plan, Filler() if fill else None)


def load_engines_of(
    settings: Settings, changes: Iterable[Mapping[str, Any]], plan: Path | None = None
) -> list[EngineSettings]:
    """Return the engine's settings for each of the `changes` of a `plan` file, as `load_engine_of`.

    Raises:
        ConfigError: as `load_engine_of`.
    """
    from worker.configured_strategy import Filler

    fill = Filler()
    return [_load_engine(settings, each, plan, fill) for each in changes]


def _load_engine(
    settings: Settings, changes: Mapping[str, Any], plan: Path | None, fill: Filler | None
) -> EngineSettings:
    from worker.instruments import load_engine

    tree = Tree()
    tree.put(("engine",), settings.engine, Origin("command line"))
    if settings._tree is not None:
        tree = settings._tree.copy()
    for name, value in changes.items():
        tree.put(("engine", *name.split(".")), value, Origin("plan", str(plan)))
    try:
        engine = load_engine(tree.values().get("engine", {}))
        return engine if fill is None else fill(engine)
    except SettingRefused as error:
        raise_first(_of_engine(tree, error))
        raise  # the refused value is in the instruments file, or a default


def find_engine(found: Found) -> tuple[EngineSettings, list[Problem]]:
    """Return the valid settings of the engine, and the problems."""
    from worker.configured_strategy import filled
    from worker.instruments import load_engine

    problems = list[Problem]()
    while True:
        part = ("engine", "instruments_file")
        try:
            engine = load_engine(found.tree.values().get("engine", {}))
            part = ("engine", "strategy")
            return filled(engine), problems
        except SettingRefused as error:
            told = _of_engine(found.tree, error)
            problems += told or [Problem(error.message, error.fix)]
            if not found.tree.remove(_place(found.tree, error.path) if told else ("engine",)):
                raise
        except ConfigError as error:
            problems.append(Problem(error.message, error.fix))
            if not found.tree.remove(part if found.tree.under(part) else part[:1]):
                raise


def raise_first(problems: list[Problem]) -> None:
    """Refuse when there is a problem; report the first and count the others."""
    if not problems:
        return
    first, others = problems[0], len(problems) - 1
    more = f" ({others} more: `alphapulse config` lists all)" if others else ""
    raise ConfigError(first.message, first.fix + more)


def _place(tree: Tree, where: tuple[Any, ...]) -> SettingPath:
    """Return a validator's place without the alternative of a union: the path of the given value."""
    path = tuple(map(str, where))
    entries = tree.under(path)
    return min(entries[0].path, path, key=len) if len(entries) == 1 else path


def _of_settings(tree: Tree, place: SettingPath, errors: list[tuple[str, str]]) -> list[Problem]:
    entries, kinds = tree.under(place), {kind for kind, _ in errors}
    if "extra_forbidden" in kinds or any(len(entry.path) > len(place) for entry in entries):
        return [unknown(entry.path, entry.origin) for entry in entries]
    if kinds & _NO_TABLE:
        return [no_table(entry.path, entry.origin) for entry in entries]
    return [refused(entry, [message for _, message in errors]) for entry in entries]


def _of_engine(tree: Tree, error: SettingRefused) -> list[Problem]:
    """Return the problems; empty if only the instruments file holds the refused value."""
    entries = tree.under(error.path)
    if error.kind == "extra_forbidden":
        return [unknown(entry.path, entry.origin, _parameters(tree)) for entry in entries]
    if error.kind == "no_parameter" and len(entries) == 1:
        return [no_parameter(entries[0], error.reason, _parameters(tree))]
    if len(entries) == 1 and len(entries[0].path) <= len(error.path):
        if error.kind in _NO_TABLE:
            return [no_table(entries[0].path, entries[0].origin)]
        place = [part for part in error.path[len(entries[0].path) :] if part.isdigit()]  # in a list
        return [refused(entries[0], [error.reason], place)]
    if not entries:
        return []
    # A table with contradicting values.
    sources = ", ".join(dict.fromkeys(entry.origin.phrase for entry in entries))
    return [Problem(f"{dotted(error.path)} is invalid: {error.reason}, from {sources}", error.fix)]


def _parameters(tree: Tree) -> list[str]:
    """Return the names of the configured strategy's parameters; nothing where it can't be loaded."""
    from worker.configured_strategy import parameters

    found = tree.values().get("engine", {}).get("strategy", {})
    return parameters(found) if isinstance(found, Mapping) else []
