"""Trial of a challenger: the champion decides, the challenger scores the same rows without effect."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.models.scoring.outputs import Scores
from worker.models.scoring.scorer import Scoring, Unavailable
from worker.models.scoring.status import Status
from worker.models.serving.circuit import CIRCUIT, guarded
from worker.models.stages import OWN, Stages


class Verdict(NamedTuple):
    """Scores of a batch's rows: the champion's, and the challenger's where there is one."""

    champion: Scores
    challenger: Scores | None


class Comparison(NamedTuple):
    """Challenger against champion over the rows of a batch, for metrics."""

    rows: int
    statuses: dict[str, int]  # of the challenger
    both: int  # rows with a probability from both
    difference: float  # sum of |Δp| over those rows
    opposed: int  # those rows with the two on different sides of 0.5


class Models:
    """The champion and the challenger of one partition. The challenger's circuits live here: they decide nothing."""

    def __init__(
        self, champion: Scoring | None = None, challenger: Scoring | None = None, stages: Stages | None = None
    ) -> None:
        self.champion: Scoring = champion or Unavailable()
        self.challenger = challenger
        self._stages = stages or Stages()
        read = [model.columns.max(initial=0) for model in (self.champion, challenger) if model is not None]
        self._added = max(read) >= OWN
        self._circuits: NDArray[Any] = np.zeros(0, CIRCUIT)

    def score(
        self,
        features: NDArray[np.float64],
        circuits: NDArray[Any],
        slots: NDArray[np.int64],
        generation: int = 0,
        timed_out: NDArray[np.bool_] | None = None,
    ) -> Verdict:
        """Score accepted bars; `features` (n, features) in the order of the features stage, the rest as `guarded`."""
        matrix = self._stages.matrix(features, self._added)
        decided = guarded(self.champion, matrix[:, self.champion.columns], circuits, slots, generation, timed_out)
        if self.challenger is None:
            return Verdict(decided, None)
        if len(self._circuits) < len(circuits):
            self._circuits = np.concatenate([self._circuits, np.zeros(len(circuits) - len(self._circuits), CIRCUIT)])
        return Verdict(decided, guarded(self.challenger, matrix[:, self.challenger.columns], self._circuits, slots))


def compare(verdict: Verdict) -> Comparison | None:
    """Compare challenger and champion; None without a challenger."""
    champion, challenger = verdict
    if challenger is None:
        return None
    kinds, counts = np.unique(challenger.status, return_counts=True)
    both = (champion.status == Status.ok) & (challenger.status == Status.ok)
    ours, theirs = champion.prob[both], challenger.prob[both]
    return Comparison(
        len(challenger.status),
        {Status(kind).name: count for kind, count in zip(kinds.tolist(), counts.tolist(), strict=True)},
        int(both.sum()),
        float(np.abs(ours - theirs).sum()),
        int(((ours > 0.5) != (theirs > 0.5)).sum()),
    )
