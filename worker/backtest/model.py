"""Check of the configured models before any input is read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from worker.engine.settings import EngineSettings
from worker.errors import ConfigError
from worker.models.serving.library import Library, configured_stages

GO_ON = "--without-model"


def refused_models(settings: Iterable[EngineSettings], registry: Path | None, go_on: bool = False) -> list[str]:
    """Load each configured model; with `go_on`, return a sentence for each refused one.

    A worker continues by the rules alone: a fleet must not stop for a file. In a backtest, figures without the model
    would be taken for those of the model.

    Raises:
        ConfigError: one is refused, and `go_on` is false.
        AlphapulseError: there is no registry, or this machine can't run models.
    """
    found = []
    for one in {each.model: each for each in settings if each.model.name is not None}.values():
        library = Library(one.model, registry, stages=configured_stages(one.plugins))
        for problem in library.refused:
            told = f"the model {one.model.name}@{one.model.version} can't be used: {problem.message}"
            if not go_on:
                fix = f"{problem.fix}; or give {GO_ON}: the rules decide alone"
                raise ConfigError(told, fix)
            found.append(f"{told}; the rules decided alone, every decision says load_error")
    return found
