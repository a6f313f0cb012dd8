"""Switching of models while bars arrive: the journal determines the model of each bar (decisions 16)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.control import ModelSwitch
from worker.engine.scoring.names import ModelNames
from worker.engine.settings import ModelSettings
from worker.models.scoring.outputs import unscored
from worker.models.scoring.scorer import Scoring
from worker.models.scoring.status import Status
from worker.models.serving import circuit
from worker.models.serving.trial import Models, Verdict
from worker.models.stages import Stages


class Named(NamedTuple):
    """A model (None for none) and its number in `ModelNames`."""

    scoring: Scoring | None
    number: int


class Scored(NamedTuple):
    """Per row, the champion's probability and status, and the number of its model."""

    prob: NDArray[np.float64]
    status: NDArray[np.uint8]
    model_index: NDArray[np.int64]
    verdicts: list[Verdict]  # one per generation in the batch


class Switchboard:
    """The models of one partition's engine: the configured one, generation 0, and those that its journal switches to.

    `find` returns a model by its choice; the challenger scores beside whichever model is in force; `report` gets the
    scores of both for every batch.
    """

    def __init__(
        self,
        names: ModelNames,
        configured: Scoring | None,
        find: Callable[[ModelSettings], Named],
        challenger: Scoring | None = None,
        report: Callable[[Verdict], None] | None = None,
        stages: Stages | None = None,
    ) -> None:
        self.names, self._find, self._challenger, self._report = names, find, challenger, report
        self._configured, self._stages = configured, stages or Stages()
        self._generations = {0: (self._models(configured), 0)}

    @property
    def listens(self) -> bool:
        """Whether there is any model."""
        return any((self._configured, self._challenger, len(self._generations) > 1))

    def switch(self, generation: int, choice: ModelSwitch | None) -> None:
        """Apply an entry of the journal: another model, or the configured one again.

        Raises:
            AlphapulseError: this machine can't run models (exit code 75).
        """
        assert generation > max(self._generations), "switches come in the order of the journal"
        if choice is None:
            found = Named(self._configured, 0)
        else:
            found = self._find(ModelSettings(name=choice.name, version=choice.version, digest=choice.digest))
        self._generations[generation] = self._models(found.scoring), found.number

    def score(
        self,
        features: NDArray[np.float64],
        circuits: NDArray[Any],
        slots: NDArray[np.int64],
        generations: NDArray[np.int64],
        timed_out: NDArray[np.bool_] | None = None,
    ) -> Scored:
        """Score accepted bars as `Models.score`; a symbol's bars meet generations in the order of the input."""
        found, verdicts = unscored(len(slots), Status.not_configured), []
        model_index = np.zeros(len(slots), np.int64)
        met = np.unique(generations).tolist()
        for each in met:
            rows = np.nonzero(generations == each)[0] if len(met) > 1 else slice(None)
            late = None if timed_out is None else timed_out[rows]
            models, model_index[rows] = self._generations[each]
            verdict = models.score(features[rows], circuits, slots[rows], each, late)
            found.prob[rows], found.status[rows] = verdict.champion
            verdicts.append(verdict)
            if self._report:
                self._report(verdict)
        return Scored(found.prob, found.status, model_index, verdicts)

    def _models(self, champion: Scoring | None) -> Models:
        return Models(champion, self._challenger, self._stages)

    def warm_up(self) -> None:
        """Compile the circuits' kernels, or load them from the cache."""
        circuit.warm_up()
