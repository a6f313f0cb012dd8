"""From what the configuration names to a strategy that the engine can ask."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Protocol

from worker.engine.settings import EngineSettings
from worker.strategy.declaring.declared import Strategy
from worker.strategy.describing.definition import Definition, define
from worker.strategy.describing.in_memory import from_class
from worker.strategy.describing.source import Source, from_file, from_package
from worker.strategy.errors import StrategyRefused
from worker.strategy.running.compiled import Compiled
from worker.strategy.running.interpreted import Interpreted
from worker.strategy.running.watchdog import Told, end_process, watch

Mode = Literal["compiled", "python"]


def find(file: Path | None = None, name: str | None = None, strategy: type[Strategy] | None = None) -> Source:
    """Return the strategy of a file, of an installed package, or of a class."""
    if strategy is not None:
        return from_class(strategy)
    if file is not None:
        return from_file(file)
    assert name is not None, "the configuration names a strategy"
    return from_package(name)


class Look(Protocol):
    """What finds a source, as `find`."""

    def __call__(self, file: Path | None, name: str | None, strategy: type[Strategy] | None) -> Source:
        """Return the strategy of a file, of an installed package, or of a class."""
        ...


class Sources:
    """Sources that are looked for once, for many sets of parameters."""

    def __init__(self) -> None:
        self._found: dict[tuple[Path | None, str | None, type[Strategy] | None], Source] = {}

    def find(self, file: Path | None, name: str | None, strategy: type[Strategy] | None) -> Source:
        """Return as `find`."""
        key = (file, name, strategy)
        if key not in self._found:
            self._found[key] = find(*key)
        return self._found[key]


def filled(engine: EngineSettings, strategy: type[Strategy] | None = None, look: Look = find) -> EngineSettings:
    """Return settings with all of the strategy that decisions depend on; as they are without a strategy.

    `strategy` is a class to run where settings name no file or package (`strategies.named`).

    Raises:
        StrategyRefused: there is none of that name, it is malformed, or its digest is not the one that is given.
        SettingRefused: a parameter is unknown or out of its range.
    """
    found = defined(engine, strategy, look)
    return engine if found is None else filled_with(engine, found)


def filled_with(engine: EngineSettings, found: Definition) -> EngineSettings:
    """Return settings with all of this strategy that decisions depend on."""
    more = {
        "name": found.name,
        "version": found.version,
        "digest": found.source.digest,
        "parameters": found.parameters.model_dump(),
        "tags": found.tags,
        "notes": found.notes,
    }
    return engine.model_copy(update={"strategy": engine.strategy.model_copy(update=more)})


def defined(engine: EngineSettings, strategy: type[Strategy] | None = None, look: Look = find) -> Definition | None:
    """Return the strategy of settings, not yet ready to run; None where the rules decide.

    `look` finds the source.

    Raises:
        StrategyRefused: as `filled`, or it reads an extra column that the settings do not name.
        SettingRefused: as `filled`.
    """
    settings = engine.strategy
    if not settings.configured:
        return None
    source = look(None if settings.file is None else Path(settings.file).expanduser(), settings.name, strategy)
    if settings.digest and settings.digest != source.digest:
        raise StrategyRefused(
            f"{source.name} is not the source that the configuration names: its sha256 is {source.digest}",
            "Restore the file, or leave engine.strategy.digest out",
        )
    found = define(source, settings.parameters)
    check_extra(engine, source.name, found.extra)
    return found


def check_extra(engine: EngineSettings, name: str, extra: tuple[str, ...]) -> None:
    """Refuse a strategy of this name that reads other extra columns than the settings name.

    Raises:
        StrategyRefused: it does.
    """
    if unknown := [each for each in extra if each not in engine.ingestion.extra]:
        wanted = ", ".join(f'"{each}"' for each in (*engine.ingestion.extra, *unknown))
        raise StrategyRefused(
            f"{name} reads c.extra.{unknown[0]}, which engine.ingestion.extra does not name",
            f"Set engine.ingestion.extra = [{wanted}], and publish ticks that have it",
        )


def hooked(
    engine: EngineSettings, definition: Definition | None = None, told: Told = end_process
) -> Compiled | Interpreted | None:
    """Return a strategy for one engine, ready to be asked and watched; None where the rules decide.

    Each engine takes its own, since it holds what one call at a time may use. `definition` spares the search, `told`
    is called for a step that does not return.

    Raises:
        StrategyRefused: as `filled`, or it can't be compiled.
        SettingRefused: as `filled`.
    """
    found = definition or defined(engine)
    return None if found is None else watched(engine, found, told)


def watched(engine: EngineSettings, found: Definition, told: Told = end_process) -> Compiled | Interpreted:
    """Return a checked strategy for one engine, ready to be asked and watched (`hooked`).

    Raises:
        StrategyRefused: it can't be compiled.
    """
    strategy = run(found, engine.strategy.mode)
    watch(strategy.work, engine.strategy.step_timeout_ms / 1000, told)
    return strategy


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
