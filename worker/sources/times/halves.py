"""Times of a clock of twelve hours without AM or PM: read as they stand, afternoons would lie in the morning."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from worker.errors import DataError
from worker.sources.numbers import NEGLIGIBLE
from worker.sources.times.dates import DAY_MS

Ints = NDArray[np.int64]
_HOUR = 3_600_000
_PAUSE = 2 * _HOUR  # between two bars of a session, from the end of one to the next


class HalfDays:
    """Local times of day that go from 12 back to 1 within a date."""

    def __init__(self) -> None:
        self._owners: list[Ints] = []
        self._local: list[Ints] = []
        self._possible = True  # no hour so far is 0, or above 12

    def feed(self, owners: Ints, local: Ints) -> None:
        """Look at some times in their order; `owners` are the rows' symbols."""
        if not self._possible:
            return
        hours = local // _HOUR % 24
        self._possible = bool((hours >= 1).all() and (hours <= 12).all())
        self._owners.append(owners)
        self._local.append(local)
        if not self._possible:
            self._owners, self._local = [], []

    def doubt(self, name: str, column: str) -> None:
        """Refuse times that go back by half a day and no more than a bar or a pause.

        Raises:
            DataError: the times do so.
        """
        if not self._local:
            return
        owners = np.concatenate(self._owners)
        order = np.argsort(owners, kind="stable")
        local = np.concatenate(self._local)[order]
        steps = np.where(np.diff(owners[order]) == 0, np.diff(local), 0)
        if np.count_nonzero(steps < 0) > np.count_nonzero(steps > 0):  # newest first
            local, steps = local[::-1], -steps[::-1]
        if not (steps < 0).any():
            return
        usual = float(np.median(steps[steps > 0])) if (steps > 0).any() else 0.0
        within = local[1:] // DAY_MS == local[:-1] // DAY_MS
        back = within & (steps < 0) & (steps + DAY_MS // 2 > 0) & (steps + DAY_MS // 2 <= usual + _PAUSE)
        if np.count_nonzero(back) < (1 - NEGLIGIBLE) * np.count_nonzero(steps < 0):
            return
        at = int(np.flatnonzero(back)[0])
        before, after = (f"{np.datetime64(int(local[row]), 'ms').astype('datetime64[m]')}"[11:] for row in (at, at + 1))
        raise DataError(
            f"{name}: the times in {column!r} go back from {before} to {after} on a date, none is later than 12:59: "
            "they look like a clock of twelve hours without AM or PM",
            "Write the times with AM or PM or in 24 hours; if they are right as they stand, give a format of strptime "
            "with %H, such as --date-format '%Y-%m-%d %H:%M'",
        )
