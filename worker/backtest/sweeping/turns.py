"""Which set of parameters a lane asks at the moment, for the watchdog: told by what each set has counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.backtest.sweeping.deciding import BLOCK
from worker.engine.strategy.hooked import Observation
from worker.strategy.describing.definition import Definition
from worker.strategy.running.watchdog import Place


def spelled(definition: Definition) -> str:
    """Return a set of parameters for people."""
    return ", ".join(f"{name}={value}" for name, value in definition.parameters.model_dump().items())


class Turns:
    """The turns of the sets `first` to `last` over a slice: each takes a block of rows after the other.

    Machine code counts each set's bars; this reads the counts while it runs.
    """

    def __init__(
        self, definitions: Sequence[Definition], first: int, last: int, seen: Observation, counts: NDArray[Any]
    ) -> None:
        self._definitions, self._first = definitions, first
        self._bars = counts["bars"][first:last]
        self._begun = int(self._bars[0])  # all sets have seen the slices before
        taken = (seen.slots >= 0) & seen.outs["validation"]["accepted"]
        self._rows = np.flatnonzero(taken)
        blocks = np.add.reduceat(taken.astype(np.int64), np.arange(0, taken.size, BLOCK))
        self._ends = blocks.cumsum()

    def place(self) -> Place | None:
        """Return the set and the row in work; None where all are done."""
        done = self._bars - self._begun
        block = int(np.searchsorted(self._ends, done.min(), side="right"))
        if block == self._ends.size:
            return None
        at = int(np.argmax(done < self._ends[block]))
        return Place(int(self._rows[done[at]]), self._first + at, spelled(self._definitions[self._first + at]))
