"""Switching models while bars flow: which models a bar meets is a function of its offset, its time and the journal."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.models.card import Card
from worker.models.outputs import unscored
from worker.models.status import Status
from worker.models.trial import Models, Verdict


class Switch(NamedTuple):
    """A journal entry that puts other models in force (decisions 16)."""

    generation: int  # 1, 2, ... in the order of the journal
    visible_from: int  # first input offset that saw it
    effective_ts: int  # first bar opening that it applies to, epoch ms
    models: Models


class Scored(NamedTuple):
    """Of each row the champion's probability and status, and the generation that it met."""

    prob: NDArray[np.float64]
    status: NDArray[np.uint8]
    generation: NDArray[np.int64]
    verdicts: list[Verdict]  # one a generation met, for the metrics of challengers


class Switchboard:
    """The configured models, generation 0, and all switches of the journal."""

    def __init__(self, models: Models) -> None:
        self._generations: dict[int, Models] = {0: models}
        self._switches: list[Switch] = []

    def add(self, switch: Switch) -> None:
        """Append the newest switch."""
        assert switch.generation > max(self._generations), "switches come in the order of the journal"
        self._switches.append(switch)
        self._generations[switch.generation] = switch.models

    def card(self, generation: int) -> Card | None:
        """The champion of a generation."""
        return self._generations[generation].champion.card

    def generations(self, offsets: NDArray[np.int64], times: NDArray[np.int64]) -> NDArray[np.int64]:
        """The newest generation in force for bars at input `offsets` (n,) that open at `times` (n,)."""
        found = np.zeros(len(offsets), np.int64)
        for switch in self._switches:
            found[(offsets >= switch.visible_from) & (times >= switch.effective_ts)] = switch.generation
        return found

    def score(
        self,
        features: NDArray[Any],
        circuits: NDArray[Any],
        slots: NDArray[np.int64],
        offsets: NDArray[np.int64],
        times: NDArray[np.int64],
        timed_out: NDArray[np.bool_] | None = None,
    ) -> Scored:
        """Score accepted bars as `Models.score`; a symbol's bars meet generations in rising order."""
        generation = self.generations(offsets, times)
        found, verdicts = unscored(len(slots), Status.not_configured), []
        for each in np.unique(generation).tolist():
            [rows] = np.nonzero(generation == each)
            late = None if timed_out is None else timed_out[rows]
            verdict = self._generations[each].score(features[rows], circuits, slots[rows], each, late)
            found.prob[rows], found.status[rows] = verdict.champion
            verdicts.append(verdict)
        return Scored(found.prob, found.status, generation, verdicts)
