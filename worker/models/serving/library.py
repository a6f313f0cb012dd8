"""The models of one process, each loaded once, shared by the partitions' engines."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from worker.engine.scoring.names import ModelNames
from worker.engine.settings import ModelSettings
from worker.errors import ConfigError
from worker.models.errors import ModelRefused
from worker.models.plugins import load_model, load_stages
from worker.models.registry import Registry
from worker.models.scoring.scorer import ModelScorer, Scoring, Unavailable
from worker.models.scoring.status import Status
from worker.models.serving.switching import Named, Switchboard
from worker.models.serving.trial import Verdict
from worker.models.session.runtime import onnxruntime
from worker.models.stages import Stages

log = logging.getLogger(__name__)
NOTHING = ModelSettings()


class Library:
    """Loader of the configured model and the challenger at once, and of others when a switch names them.

    A refused model is `load_error` at every bar until the process restarts; `refused` holds the reasons for the
    configured one and the challenger.
    """

    def __init__(
        self,
        configured: ModelSettings = NOTHING,
        registry: Path | None = None,
        challenger: ModelSettings = NOTHING,
        report: Callable[[Verdict], None] | None = None,
        stages: Stages | None = None,
        voice: tuple[str | None, str] | None = None,
    ) -> None:
        """Load the configured model and the challenger.

        `report` gets the scores of champion and challenger for every batch. `voice` is the name and version that
        decisions show for a symbol's own model in place of the configured one.

        Raises:
            ConfigError: a model of the registry is configured, and there is no registry.
            AlphapulseError: this machine can't run models (exit code 75).
        """
        _check_folder(registry, (configured, challenger))
        self._registry, self._report, self._stages = registry, report, stages or Stages()
        self.refused: list[ModelRefused] = []
        self._configured, runtime = self._load(configured)
        self._challenger, _ = self._load(challenger)
        self.names = ModelNames(*(voice or (configured.name, configured.version)), runtime)
        self._found = {configured: Named(self._configured, 0)}

    def switchboard(self) -> Switchboard:
        """Return a partition's switchboard over the same models."""
        return Switchboard(self.names, self._configured, self.find, self._challenger, self._report, self._stages)

    def find(self, choice: ModelSettings) -> Named:
        """Return a model; load it first if needed.

        Raises:
            AlphapulseError: this machine can't run models (exit code 75).
        """
        if choice not in self._found:
            scoring, runtime = self._load(choice)
            self._found[choice] = Named(scoring, self.names.number(choice.name, choice.version, runtime))
        return self._found[choice]

    def _load(self, choice: ModelSettings) -> tuple[Scoring | None, str | None]:
        """Return the model (None for none) and its runtime."""
        if choice.name is None:
            return None, None
        try:
            if choice.plugin is not None:
                return _plugin(choice.plugin, choice.version, self._stages.names), None
            if self._registry is None:
                raise ModelRefused("there is no registry", "Set models.registry")
            loaded = Registry(self._registry, names=self._stages.names).load(
                choice.name, choice.version, digest=choice.digest
            )
        except ModelRefused as problem:
            told = {"model": choice.name, "version": choice.version, "reason": problem.message, "fix": problem.fix}
            log.error("model refused: the rules decide", extra=told)
            self.refused.append(problem)
            return Unavailable(Status.load_error), None
        log.info("model loaded", extra={"model": choice.name, "version": choice.version, "digest": choice.digest})
        return loaded.scorer, f"onnxruntime {onnxruntime().__version__}"


def exclusive(one: str, other: str) -> ConfigError:
    """Return the error of two settings that each name the model to ask."""
    return ConfigError(f"{one} and {other} exclude each other: one model has a say", "Leave one of them out")


def configured_stages(names: Sequence[str], report: Callable[[str, int], None] | None = None) -> Stages:
    """Return the stages of `engine.plugins`; `report` gets the name of a failed stage and its number of failed rows.

    Raises:
        ConfigError: one is not installed, or is not a stage.
    """
    try:
        return Stages(list(zip(names, load_stages(names), strict=True)), report)
    except ModelRefused as problem:
        raise ConfigError(f"engine.plugins is invalid: {problem.message}", problem.fix) from None


def _plugin(name: str, version: str, names: Sequence[str]) -> ModelScorer:
    scorer = load_model(name, names)
    assert scorer.card is not None
    if scorer.card.version != version:
        raise ModelRefused(
            f"the plugin {name} is {scorer.card.version}, not {version}", "Install or configure that one"
        )
    return scorer


def _check_folder(registry: Path | None, choices: tuple[ModelSettings, ...]) -> None:
    # A machine without the folder would decide differently from the others: never fall back.
    if registry is not None and not registry.is_dir():
        raise ConfigError(f"models.registry names {registry}, which is not a folder", "Mount it, or correct the path")
    for choice in choices:
        if registry is None and choice.name is not None and choice.plugin is None:
            raise ConfigError(
                f"the model {choice.name} is configured without a registry", "Set models.registry to its folder"
            )
