"""The models that the settings name, for the partitions of one worker."""

from __future__ import annotations

from worker.engine.settings import EngineSettings, ModelSettings
from worker.errors import ConfigError
from worker.models.library import Library, configured_stages
from worker.settings import ModelsSettings
from worker.telemetry.metrics import METRICS


def library(engine: EngineSettings, models: ModelsSettings) -> Library | None:
    """The models, loaded; None where each symbol's own model learns: then nothing else is asked.

    Raises:
        ConfigError: the settings contradict each other.
        AlphapulseError: this machine can't run models (exit code 75).
    """
    if engine.learning.enabled:
        if models != ModelsSettings():
            raise ConfigError(
                "engine.learning.enabled and the section models exclude each other: one model has a say",
                "Leave one of them out",
            )
        return None
    try:
        challenger = ModelSettings(**models.challenger.model_dump())
    except ValueError as error:
        raise ConfigError(f"models.challenger does not fit: {error}", "Give name, version and digest") from None
    stages = configured_stages(engine.plugins, lambda name, rows: METRICS.plugin_failures.labels(name).inc(rows))
    return Library(engine.model, models.registry, challenger, METRICS.count_verdict, stages, engine.voice)
