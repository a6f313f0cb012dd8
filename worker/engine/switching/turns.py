"""The rows of a batch in turns: each strategy's rows together, a symbol's in order, and what it takes over between."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.engine.switching.variants import CONFIGURED


class Begin(NamedTuple):
    """A symbol that meets another strategy at a row."""

    slot: int
    row: int
    ordinal: int


class Turn(NamedTuple):
    """Rows that one strategy decides, after it has taken over these symbols."""

    begins: list[Begin]
    order: NDArray[np.int64]
    ordinal: int


class Met(NamedTuple):
    """The entries that a batch's bars meet, and those whose strategies hold its symbols' states; by row."""

    met: NDArray[np.int64]
    held: NDArray[np.int64]
    changing: list[int]  # slots of which a bar may meet another entry

    @classmethod
    def of(cls, met: NDArray[np.int64], held: NDArray[np.int64], slots: NDArray[np.int64], bars: NDArray[Any]) -> Met:
        """Compare before the bars are judged: an unreadable record changes nothing."""
        may = (slots >= 0) & (bars["mask"] == 0) & (met != held)
        return cls(met, held, np.unique(slots[may]).tolist())


def turns(batch: Met, slots: NDArray[np.int64], order: NDArray[np.int64], accepted: NDArray[np.bool_]) -> list[Turn]:
    """Return the turns of a batch, in order. A symbol changes with an accepted bar only."""
    if not batch.changing:
        return _alike([], order, np.maximum(batch.held, CONFIGURED))
    ordinals, rounds = batch.held.copy(), np.zeros(len(slots), np.int64)
    begins: list[list[Begin]] = [[]]
    for slot in batch.changing:
        rows = np.flatnonzero(slots == slot)
        now, number = int(batch.held[rows[0]]), 0
        for row in rows.tolist():
            if accepted[row] and batch.met[row] != now:
                now, number = int(batch.met[row]), number + 1
                if number == len(begins):
                    begins.append([])
                begins[number].append(Begin(slot, row, now))
            ordinals[row], rounds[row] = now, number
    ordinals = np.maximum(ordinals, CONFIGURED)  # of symbols without an accepted bar no strategy is asked
    found = []
    for number, begun in enumerate(begins):
        found += _alike(begun, order[rounds[order] == number], ordinals)
    return found


def _alike(begins: list[Begin], order: NDArray[np.int64], ordinals: NDArray[np.int64]) -> list[Turn]:
    met = np.unique(ordinals[order]).tolist()
    if len(met) <= 1:
        return [Turn(begins, order, met[0] if met else CONFIGURED)]
    parts = [(each, order[ordinals[order] == each]) for each in met]
    return [Turn([begin for begin in begins if begin.ordinal == each], part, each) for each, part in parts]
