"""Plugins: models and stages of other packages, found by entry point and only where the configuration names them."""

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
    """A model in Python. Its entry point is an object like this, or a callable without arguments that makes one.

    `canary` (n, features) are rows that it knows; without any it is asked row by row.
    """

    @property
    def card(self) -> Card:
        """What it reads and gives."""
        ...

    @property
    def canary(self) -> Floats32 | None:
        """Known rows."""
        ...

    def run(self, rows: Floats32) -> Floats32:
        """(n, features) to (n, columns). A row of the result depends on that row only."""
        ...


@runtime_checkable
class StagePlugin(Protocol):
    """A stage over a batch. It keeps nothing between calls; a row of its columns depends on that row only.

    Models read its columns as features of the name `plugin.<entry point>.<column>`.
    """

    @property
    def name(self) -> str:
        """As the entry point's."""
        ...

    @property
    def inputs(self) -> tuple[str, ...]:
        """Features that it reads."""
        ...

    @property
    def outputs(self) -> tuple[str, ...]:
        """Columns that it gives."""
        ...

    def run(self, features: Mapping[str, NDArray[np.float64]]) -> Mapping[str, NDArray[np.float64]]:
        """`inputs` by name, (n,) each and not writable, to `outputs` by name, (n,) each."""
        ...


def installed(group: str) -> dict[str, EntryPoint]:
    """What installed packages offer, by name; nothing is imported."""
    return {each.name: each for each in entry_points(group=group)}


def load_model(name: str, names: Sequence[str] = FEATURE_NAMES) -> ModelScorer:
    """A model plugin, ready to score; `names` are the columns that it may read.

    Raises:
        ModelRefused: it is not installed, cannot be imported, or is no model.
    """
    plugin = _object(MODELS, name)
    if not isinstance(plugin, ModelPlugin) or not isinstance(plugin.card, Card):
        raise ModelRefused(f"the plugin {name} is no model: it needs card, canary and run", "docs/models.md shows one")
    check_inputs(name, plugin.card.features, names)
    canary = plugin.canary
    invariant = canary is not None and batch_invariant(plugin, np.asarray(canary, np.float32))
    return ModelScorer(plugin, plugin.card, invariant, names)


def load_stages(names: Sequence[str]) -> list[StagePlugin]:
    """Stage plugins in the order of their names in the configuration.

    Raises:
        ModelRefused: one is not installed, cannot be imported, or is no stage.
    """
    found = []
    for name in names:
        plugin = _object(STAGES, name)
        if not isinstance(plugin, StagePlugin):
            raise ModelRefused(
                f"the plugin {name} is no stage: it needs name, inputs, outputs and run", "docs/models.md shows one"
            )
        check_inputs(name, plugin.inputs)
        found.append(plugin)
    return found


def check_inputs(name: str, inputs: Sequence[str], names: Sequence[str] = FEATURE_NAMES) -> None:
    """Check that all inputs are features, or among other `names`.

    Raises:
        ModelRefused: one is none.
    """
    if unknown := [each for each in inputs if each not in names]:
        raise ModelRefused(
            f"the plugin {name} reads {unknown[0]}, which is no feature", "docs/reference/features.md lists them"
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
