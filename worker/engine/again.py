"""The decided times of symbols that warm up again: bars that a state already contains are shown to it once more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.engine.stages.validation import DECIDED


class Again:
    """The warm-up's decided times, by slot, kept apart from the true ones in the `carry` parts.

    By the true times, every bar of the warm-up is already decided. A state of a release that kept no times adopts the
    times of the warm-up.
    """

    def __init__(self) -> None:
        self._times: dict[int, NDArray[Any]] = {}
        self._known: dict[int, bool] = {}  # whether the state came with times

    def newest(self, slot: int) -> int | None:
        """Return the newest time of the warm-up in a slot, ms; None before its first bar."""
        found = self._times.get(slot)
        return int(found["top"]) if found is not None and found["known"] else None

    @contextmanager
    def times(self, states: NDArray[Any], slots: NDArray[np.int64], frames: NDArray[np.int64]) -> Iterator[None]:
        """Give the states in `frames` of `slots` (-1 = none) the warm-up's times, and afterwards the true ones."""
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
