"""Stage plugins in the engine: the columns that they add to the features which models read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.engine.stages.features import FEATURE_NAMES
from worker.models.plugins import StagePlugin
from worker.models.stage_columns import run_stage
from worker.models.status import Status

MATRIX = np.dtype((np.float64, (len(FEATURE_NAMES),)))  # the features stage's OUTPUT as a row of numbers


class Stages:
    """Stages by the names that the configuration gives them.

    A row on which a stage fails has NaN in its columns, so that a model which reads them is `features_not_ready` there;
    `report` gets the stage's name and the number of such rows.
    """

    def __init__(
        self, given: Sequence[tuple[str, StagePlugin]] = (), report: Callable[[str, int], None] | None = None
    ) -> None:
        self._stages, self._report = list(given), report
        added = [f"plugin.{name}.{column}" for name, stage in given for column in stage.outputs]
        self.names: tuple[str, ...] = (*FEATURE_NAMES, *added)

    def matrix(self, features: NDArray[Any], added: bool) -> NDArray[np.float64]:
        """Rows of the features stage's OUTPUT, (n,), as numbers in the order of `names`, or without what is `added`.

        Raises:
            AlphapulseError: the machine, not a stage, fails (exit code 75).
        """
        own: NDArray[np.float64] = np.asarray(features.view(MATRIX))
        if not added:
            return own
        columns = [self._run(name, stage, features) for name, stage in self._stages]
        return np.concatenate([own, *columns], axis=1)

    def _run(self, name: str, stage: StagePlugin, features: NDArray[Any]) -> NDArray[np.float64]:
        found = run_stage(stage, {each: features[each] for each in stage.inputs})
        failed = int((found.status != Status.ok).sum())
        if failed and self._report:
            self._report(name, failed)
        return np.stack([found.columns[column] for column in stage.outputs], axis=1)
