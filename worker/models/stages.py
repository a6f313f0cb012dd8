"""Stage plugins in the engine: the columns that they add to the features of models."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from worker.engine.stages.features import FEATURE_NAMES
from worker.models.plugins import StagePlugin
from worker.models.scoring.status import Status
from worker.models.stage_columns import run_stage

OWN = len(FEATURE_NAMES)  # columns of the engine


class Stages:
    """Stages by their names in the configuration.

    A row on which a stage fails has NaN in its columns; a model that reads them is `features_not_ready` there.
    `report` gets the stage's name and the number of such rows.
    """

    def __init__(
        self, given: Sequence[tuple[str, StagePlugin]] = (), report: Callable[[str, int], None] | None = None
    ) -> None:
        self._stages, self._report = list(given), report
        added = [f"plugin.{name}.{column}" for name, stage in given for column in stage.outputs]
        self.names: tuple[str, ...] = (*FEATURE_NAMES, *added)

    def matrix(self, own: NDArray[np.float64], added: bool) -> NDArray[np.float64]:
        """Return the engine's features, (n, features), with the columns of the stages if `added`.

        Raises:
            AlphapulseError: the machine, not a stage, fails (exit code 75).
        """
        if not added:
            return own
        columns = [self._run(name, stage, own) for name, stage in self._stages]
        return np.concatenate([own, *columns], axis=1)

    def _run(self, name: str, stage: StagePlugin, own: NDArray[np.float64]) -> NDArray[np.float64]:
        found = run_stage(stage, {each: own[:, FEATURE_NAMES.index(each)] for each in stage.inputs})
        failed = int((found.status != Status.ok).sum())
        if failed and self._report:
            self._report(name, failed)
        return np.stack([found.columns[column] for column in stage.outputs], axis=1)
