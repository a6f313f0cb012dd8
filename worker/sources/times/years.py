"""Years of two digits in front, `24-03-04`: a reading that is never believed, but may make others doubtful."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from worker.errors import DataError
from worker.sources.intervals import Steps
from worker.sources.times.dates import TextTimes


class YearsFirst:
    """All cells of a column, read as if the year stood first, as long as that is possible."""

    def __init__(self) -> None:
        self._reader = TextTimes(False)
        self._steps = Steps()
        self._possible = True
        self._dashed = True
        self._sample = ""

    def feed(self, cells: Sequence[str], owners: NDArray[np.int64]) -> None:
        """Look at some cells."""
        if not self._possible:
            return
        rows = [row for row, cell in enumerate(cells) if cell.strip()]
        some = [cells[row].strip() for row in rows]
        found = self._reader.read([("19" if cell >= "69" else "20") + cell for cell in some])
        self._possible = bool(found.has.all())
        if self._possible and some:
            self._sample = self._sample or some[0]
            self._dashed = self._dashed and all(cell[2:3] == "-" for cell in some)
            self._steps.feed(owners[rows], found.local)

    def doubt(self, name: str, column: str, label: str, steps: Steps) -> None:
        """Refuse another reading, of this label and these steps, that is not more in order than this one.

        Raises:
            DataError: the column can be read with the year first.
        """
        if not self._possible or not self._sample or not _sorted(self._steps):
            return
        if self._dashed or not _sorted(steps):  # with points and slashes the year stands last
            raise DataError(
                f"{name}: the dates in {column!r}, such as {self._sample!r}, may have the {label} or the year first",
                "Give --date-format dayfirst, monthfirst or %y-%m-%d (a format of strptime)",
            )


def _sorted(steps: Steps) -> bool:
    return not steps.forward or not steps.backward
