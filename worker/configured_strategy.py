"""The strategy of the engine's settings; without one, nothing of what runs strategies is imported."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from worker.engine.settings import EngineSettings
from worker.errors import ConfigError

if TYPE_CHECKING:
    from worker.strategy import Strategy
    from worker.strategy.describing.definition import Definition
    from worker.strategy.running.observing import Observing
    from worker.strategy.running.watchdog import Told
    from worker.strategy.shelf import Shelf

UNNAMED = "in_memory"  # the name of a class until it is filled in


def named(given: EngineSettings | Mapping[str, Any], strategy: type[Strategy]) -> EngineSettings | dict[str, Any]:
    """Return settings, or what they are made of, whose strategy is a class in memory; `filled` takes it, too.

    Raises:
        ConfigError: they name a file or a package as well.
    """
    if isinstance(given, EngineSettings):
        _alone(given.strategy.file or given.strategy.name, strategy)
        return given.model_copy(update={"strategy": given.strategy.model_copy(update={"name": UNNAMED})})
    section = given.get("strategy") or {}
    if not isinstance(section, Mapping):
        return dict(given)  # for the settings to refuse
    _alone(section.get("file") or section.get("name"), strategy)
    return {**given, "strategy": {**section, "name": UNNAMED}}


def _alone(other: object, strategy: type[Strategy]) -> None:
    if other is not None:
        raise ConfigError(
            f"engine.strategy names {other}, and the class {getattr(strategy, '__name__', strategy)} is given: one "
            "strategy decides",
            "Leave one of them out; parameters and rules stay in engine.strategy",
        )


class Filler:
    """Fills many settings of an engine; the source of a strategy is looked for once."""

    def __init__(self) -> None:
        self._sources: Any = None

    def __call__(self, engine: EngineSettings) -> EngineSettings:
        """Return as `filled`."""
        if not engine.strategy.configured:
            return engine
        from worker.strategy import loading

        self._sources = self._sources or loading.Sources()
        return loading.filled(engine, look=self._sources.find)


def filled(engine: EngineSettings, strategy: type[Strategy] | None = None) -> EngineSettings:
    """Return settings with all of the strategy that decisions depend on; as they are without a strategy.

    `strategy` is the class of settings that `named` made.

    Raises:
        ConfigError: see `strategy.loading.filled`.
    """
    if not engine.strategy.configured:
        return engine
    from worker.strategy import loading

    return loading.filled(engine, strategy)


def defined(engine: EngineSettings, strategy: type[Strategy] | None = None) -> Definition | None:
    """Return the strategy, not yet ready to run; None where the rules decide.

    Raises:
        ConfigError: see `strategy.loading.defined`.
    """
    if not engine.strategy.configured:
        return None
    from worker.strategy import loading

    return loading.defined(engine, strategy)


def parameters(section: Mapping[str, Any]) -> list[str]:
    """Return the names of the parameters of the strategy that a section names; nothing where it can't be loaded."""
    file, name = section.get("file"), section.get("name")
    if not isinstance(file, str) and not isinstance(name, str):
        return []
    from worker.strategy import loading

    path = Path(file).expanduser() if isinstance(file, str) else None
    try:
        found = loading.find(path, name).strategy
    except ConfigError:
        return []
    return list(getattr(found.Parameters, "model_fields", ()))


def described(engine: EngineSettings) -> dict[str, Any] | None:
    """Return the strategy for people (`strategy.describing.summary`); None where the rules decide.

    Raises:
        ConfigError: see `strategy.loading.defined`.
    """
    found = defined(engine)
    if found is None:
        return None
    from worker.strategy.describing.summary import summary

    return summary(found)


def hooked(engine: EngineSettings, definition: Definition | None = None, told: Told | None = None) -> Observing | None:
    """Return the strategy for one engine, ready to be asked; None where the rules decide.

    `definition` spares the search; each engine takes a strategy of its own. A step that does not return ends the
    process with 75, unless `told` is there to be called.

    Raises:
        ConfigError: see `strategy.loading.hooked`.
    """
    if not engine.strategy.configured:
        return None
    from worker.strategy import loading

    return loading.hooked(engine, definition, *([] if told is None else [told]))


def shelf(engine: EngineSettings) -> Shelf | None:
    """Return the strategies that this process may run; None where the rules decide.

    Raises:
        ConfigError: see `strategy.shelf.Shelf`.
    """
    if not engine.strategy.configured:
        return None
    from worker.strategy.shelf import Shelf

    return Shelf(engine)
