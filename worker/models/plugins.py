"""Plugins: models and stages of other packages, found by entry point, only where the configuration names them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from worker.engine.stages.features import FEATURE_NAMES
from worker.errors import AlphapulseError
from worker.models.card import Card
from worker.models.errors import ModelRefused
from worker.models.scoring.scorer import ModelScorer
from worker.models.session.invariance import batch_invariant
from worker.models.session.session import Floats32, raise_for_environment

STAGES, MODELS = "alphapulse.stages", "alphapulse.models"


@runtime_checkable
class ModelPlugin(Protocol):
    """A model in Python. Its entry point is such an object, or a callable without arguments that returns one.

    `canary` (n, features) are known rows; without any, the model scores row by row.
    """

    @property
    def card(self) -> Card:
        """Identity, inputs and outputs."""
        ...

    @property
    def canary(self) -> Floats32 | None:
        """Known rows, or None."""
        ...

    def run(self, rows: Floats32) -> Floats32:
        """Map (n, features) to (n, columns). Each row of the result depends on that row only."""
        ...


@runtime_checkable
class StagePlugin(Protocol):
    """A stage over a batch. It keeps nothing between calls; each row of its columns depends on that row only.

    Models read its columns as features named `plugin.<entry point>.<column>`.
    """

    @property
    def name(self) -> str:
        """The name of the entry point."""
        ...

    @property
    def inputs(self) -> tuple[str, ...]:
        """Features that it reads."""
        ...

    @property
    def outputs(self) -> tuple[str, ...]:
        """Columns that it computes."""
        ...

    def run(self, features: Mapping[str, NDArray[np.float64]]) -> Mapping[str, NDArray[np.float64]]:
        """Map `inputs` by name, (n,) each and not writable, to `outputs` by name, (n,) each."""
        ...


def installed(group: str) -> dict[str, EntryPoint]:
    """Return the entry points of installed packages by name; import nothing."""
    return {each.name: each for each in entry_points(group=group)}


def load_model(name: str, names: Sequence[str] = FEATURE_NAMES) -> ModelScorer:
    """Return a model plugin, ready to score; `names` are the columns that it may read.

    Raises:
        ModelRefused: it is not installed, cannot be imported, or is not a model.
    """
    plugin = _object(MODELS, name)
    if not isinstance(plugin, ModelPlugin) or not isinstance(plugin.card, Card):
        raise ModelRefused(
            f"the plugin {name} is not a model: it needs card, canary and run", "docs/models.md shows one"
        )
    check_inputs(name, plugin.card.features, names)
    canary = plugin.canary
    invariant = canary is not None and batch_invariant(plugin, np.asarray(canary, np.float32))
    return ModelScorer(plugin, plugin.card, invariant, names)


def load_stages(names: Sequence[str]) -> list[StagePlugin]:
    """Return the stage plugins in the order of the configuration.

    Raises:
        ModelRefused: one is not installed, cannot be imported, or is not a stage.
    """
    found = []
    for name in names:
        plugin = _object(STAGES, name)
        if not isinstance(plugin, StagePlugin):
            raise ModelRefused(
                f"the plugin {name} is not a stage: it needs name, inputs, outputs and run", "docs/models.md shows one"
            )
        check_inputs(name, plugin.inputs)
        found.append(plugin)
    return found


def check_inputs(name: str, inputs: Sequence[str], names: Sequence[str] = FEATURE_NAMES) -> None:
    """Check that all inputs are among `names`, by default the features.

    Raises:
        ModelRefused: one is not.
    """
    if unknown := [each for each in inputs if each not in names]:
        raise ModelRefused(
            f"the plugin {name} reads {unknown[0]}, which is not a feature", "docs/reference/features.md lists them"
        )


def _object(group: str, name: str) -> Any:
    if (entry := installed(group).get(name)) is None:
        known = ", ".join(installed(group)) or "none"
        raise ModelRefused(f"there is no plugin {name} in {group}", f"Installed: {known}")
    try:
        found = entry.load()
        return found() if isinstance(found, type) or not hasattr(found, "run") else found
    except AlphapulseError:
        raise
    except Exception as problem:
        raise_for_environment(problem)
        raise ModelRefused(f"the plugin {name} cannot be loaded: {problem!r}", "Correct or remove it") from None
