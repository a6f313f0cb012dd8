"""From what the configuration names to a strategy that the engine can ask."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from worker.engine.asking.settings import StrategySettings
from worker.engine.strategy.hooked import Hooked
from worker.strategy.declaring.declared import Strategy
from worker.strategy.describing.definition import Definition, define
from worker.strategy.describing.source import Source, from_class, from_file, from_package
from worker.strategy.running.compiled import Compiled
from worker.strategy.running.interpreted import Interpreted

Mode = Literal["compiled", "python"]


def find(file: Path | None = None, name: str | None = None, strategy: type[Strategy] | None = None) -> Source:
    """Return the strategy of a file, of an installed package, or of a class."""
    if strategy is not None:
        return from_class(strategy)
    if file is not None:
        return from_file(file)
    assert name is not None, "the configuration names a strategy"
    return from_package(name)


def configured(settings: StrategySettings) -> tuple[StrategySettings, Hooked]:
    """Return settings with all that decisions depend on filled in, and the strategy that is ready to be asked.

    Raises:
        StrategyRefused: there is none, it is malformed, or can't be compiled.
        SettingRefused: a parameter is unknown or out of its range.
    """
    source = find(None if settings.file is None else Path(settings.file).expanduser(), settings.name)
    definition = define(source, settings.parameters)
    filled = {
        "name": definition.name,
        "version": definition.version,
        "digest": source.digest,
        "parameters": definition.parameters.model_dump(),
        "tags": definition.tags,
        "notes": definition.notes,
    }
    return settings.model_copy(update=filled), run(definition, settings.mode)


def load(source: Source, parameters: Mapping[str, Any], mode: Mode = "compiled") -> Compiled | Interpreted:
    """Return a strategy that is ready to be asked.

    Raises:
        StrategyRefused: it is malformed, or can't be compiled.
        SettingRefused: a parameter is unknown or out of its range.
    """
    return run(define(source, parameters), mode)


def run(definition: Definition, mode: Mode = "compiled") -> Compiled | Interpreted:
    """Return a checked strategy, compiled or interpreted."""
    return Compiled(definition) if mode == "compiled" else Interpreted(definition)
