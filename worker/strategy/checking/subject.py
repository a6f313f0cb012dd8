"""What is checked: the strategy of a file or of an entry point, loaded anew as often as a check needs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, NamedTuple

from worker.engine.asking.settings import StrategySettings
from worker.engine.settings import EngineSettings, ModelSettings
from worker.strategy.describing.definition import Definition, define
from worker.strategy.describing.source import Source, from_file, from_package, installed
from worker.strategy.loading import filled_with


class Subject(NamedTuple):
    """A strategy, and the settings of the engine that it runs in; one of `file` and `name` is given."""

    engine: EngineSettings
    file: Path | None = None
    name: str | None = None

    @property
    def title(self) -> str:
        """Return what messages call it."""
        return self.file.name if self.file is not None else str(self.name)

    def source(self) -> Source:
        """Return it loaded anew: globals are as at a start, whatever was played before.

        The lint is a check of its own, so it refuses nothing here.

        Raises:
            StrategyRefused: it can't be read or run, or is none.
        """
        if self.file is not None:
            return from_file(self.file, lint=False)
        assert self.name is not None, "a subject has a file or a name"
        forget(self.name)
        return from_package(self.name, lint=False)

    def define(self, source: Source | None = None) -> Definition:
        """Return it with its parameters.

        Raises:
            StrategyRefused: it is malformed.
            SettingRefused: a parameter is unknown or out of its range.
        """
        return define(source or self.source(), self.engine.strategy.parameters)

    def settings(self, found: Definition) -> EngineSettings:
        """Return the engine's settings with the strategy and the extra columns that it reads; a model takes no part."""
        own = {"file": None if self.file is None else str(self.file), "name": self.name}
        strategy = self.engine.strategy.model_copy(update=own)
        ingestion = self.engine.ingestion.model_copy(update={"extra": found.extra})
        changed: dict[str, Any] = {"strategy": strategy, "model": ModelSettings(), "plugins": ()}
        changed["ingestion"] = ingestion
        return filled_with(self.engine.model_copy(update=changed), found)

    def rules(self) -> EngineSettings:
        """Return these settings without a strategy."""
        changed: dict[str, Any] = {"strategy": StrategySettings(), "model": ModelSettings(), "plugins": ()}
        return self.engine.model_copy(update=changed)


def forget(name: str) -> None:
    """Let the package of an entry point be imported anew; what holds its modules keeps the former ones."""
    entry = installed().get(name)
    top = "" if entry is None else entry.module.partition(".")[0]
    for module in [each for each in sys.modules if top and each.partition(".")[0] == top]:
        del sys.modules[module]
