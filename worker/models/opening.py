"""The configured model, ready for the engine."""

from __future__ import annotations

import logging
from pathlib import Path

from worker.engine.settings import ModelSettings
from worker.models.errors import ModelRefused
from worker.models.registry import Registry
from worker.models.scorer import Scoring, Unavailable
from worker.models.status import Status
from worker.models.switching import Switchboard
from worker.models.trial import Models

log = logging.getLogger(__name__)


def champion(settings: ModelSettings, registry: Path) -> Scoring | None:
    """The model in the settings; one that is refused is `load_error` at every bar, None where none is named.

    Raises:
        AlphapulseError: the machine cannot run models (exit code 75).
    """
    if settings.name is None:
        return None
    try:
        return Registry(registry).load(settings.name, settings.version, digest=settings.digest).scorer
    except ModelRefused as problem:
        log.error("model refused: the rules decide", extra={"model": settings.name, "reason": problem.message})
        return Unavailable(Status.load_error)


def switchboard(scoring: Scoring | None, challenger: Scoring | None = None) -> Switchboard | None:
    """What a partition's engine asks; each partition has its own, over the same loaded models."""
    return None if scoring is None else Switchboard(Models(scoring, challenger))
