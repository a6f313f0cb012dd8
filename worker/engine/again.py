"""Bars that a state contains already, shown again: they must meet the times as they stood then, not as they stand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.engine.stages.validation import DECIDED


class Again:
    """The decided times of symbols that warm up again, by slot, apart from the true ones in their `carry` parts.

    To those every bar of the warm-up is one that has been decided. A state of a release that kept no times takes over
    what the warm-up finds.
    """

    def __init__(self) -> None:
        self._times: dict[int, NDArray[Any]] = {}
        self._known: dict[int, bool] = {}  # whether the state came with times

    @contextmanager
    def times(self, states: NDArray[Any], slots: NDArray[np.int64], frames: NDArray[np.int64]) -> Iterator[None]:
        """Inside, the states in `frames` of `slots` (-1 = none) hold the warm-up's times; afterwards the true ones."""
        used, rows = np.unique(slots, return_index=True)
        used, rows = used[used >= 0], rows[used >= 0]
        decided = states["carry"]["decided"]
        true = decided[frames[rows]]
        for slot, known in zip(used.tolist(), true["known"].tolist(), strict=True):
            self._known.setdefault(slot, bool(known))
        for slot, row in zip(used.tolist(), rows.tolist(), strict=True):
            decided[frames[row]] = self._times.get(slot, np.zeros((), DECIDED))
        try:
            yield
        finally:
            found = decided[frames[rows]]
            self._times.update(zip(used.tolist(), found, strict=True))
            kept = np.array([self._known[slot] for slot in used.tolist()], np.bool_)
            decided[frames[rows]] = np.where(kept, true, found)
