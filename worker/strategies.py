"""The strategy of the engine's settings; without one, nothing of what runs strategies is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from worker.engine.settings import EngineSettings

if TYPE_CHECKING:
    from worker.engine.strategy.hooked import Hooked
    from worker.strategy.describing.definition import Definition


def filled(engine: EngineSettings) -> EngineSettings:
    """Return settings with all of the strategy that decisions depend on; as they are without a strategy.

    Raises:
        ConfigError: see `strategy.loading.filled`.
    """
    if not engine.strategy.configured:
        return engine
    from worker.strategy import loading

    return loading.filled(engine)


def defined(engine: EngineSettings) -> Definition | None:
    """Return the strategy, not yet ready to run; None where the rules decide.

    Raises:
        ConfigError: see `strategy.loading.defined`.
    """
    if not engine.strategy.configured:
        return None
    from worker.strategy import loading

    return loading.defined(engine)


def hooked(engine: EngineSettings, definition: Definition | None = None) -> Hooked | None:
    """Return the strategy for one engine, ready to be asked; None where the rules decide.

    `definition` spares the search; each engine takes a strategy of its own.

    Raises:
        ConfigError: see `strategy.loading.hooked`.
    """
    if not engine.strategy.configured:
        return None
    from worker.strategy import loading

    return loading.hooked(engine, definition)
