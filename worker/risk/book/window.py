"""The last 512 returns of every symbol, on one grid."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from worker.risk.figures.covariance import WINDOW

MIN_RETURNS = 60


class ReturnRow(msgspec.Struct, array_like=True):
    """Returns of all symbols that had a bar in one interval of the grid."""

    number: int  # from 0
    ts: int  # end of the interval, epoch ms UTC
    slots: bytes  # int32, little-endian
    values: bytes  # float64, little-endian


class Window(NamedTuple):
    """Returns of some symbols, (n, p), oldest first; which of the symbols have enough to be modelled, (p,)."""

    returns: NDArray[np.float64]
    modelled: NDArray[np.bool_]


class Returns:
    """The ring of rows. A symbol without a bar has the return 0."""

    def __init__(self) -> None:
        self.count = 0  # rows ever
        self._values = np.zeros((WINDOW, 0))
        self._barred = np.zeros((WINDOW, 0), np.bool_)

    def append(self, ts: int, slots: NDArray[np.int64], values: NDArray[np.float64]) -> ReturnRow:
        """Append a row, and return it as it is stored; the others of the symbols had no bar."""
        row = ReturnRow(self.count, ts, slots.astype("<i4").tobytes(), values.astype("<f8").tobytes())
        self.put(row)
        return row

    def put(self, row: ReturnRow) -> None:
        """Take a row; a number that is the newest so far makes it the newest."""
        slots = np.frombuffer(row.slots, "<i4")
        self._grow(int(slots.max(initial=-1)) + 1)
        place = row.number % WINDOW
        self._values[place] = 0.0
        self._barred[place] = False
        self._values[place, slots] = np.frombuffer(row.values, "<f8")
        self._barred[place, slots] = True
        self.count = max(self.count, row.number + 1)

    def of(self, slots: NDArray[np.int64]) -> Window:
        """Return the window of some symbols, up to 512 rows.

        Modelled are those with at least 60 rows since their first bar, and bars in half of them.
        """
        self._grow(int(slots.max(initial=-1)) + 1)
        rows = np.arange(max(0, self.count - WINDOW), self.count) % WINDOW
        barred = self._barred[np.ix_(rows, slots)]
        since = len(rows) - np.argmax(barred, axis=0) if len(rows) else np.zeros(len(slots), np.int64)
        bars = barred.sum(axis=0)
        modelled = (bars > 0) & (since >= MIN_RETURNS) & (2 * bars >= since)
        return Window(self._values[np.ix_(rows, slots)], modelled)

    def _grow(self, symbols: int) -> None:
        have = self._values.shape[1]
        if symbols > have:
            more = max(symbols, have * 5 // 4) - have
            self._values = np.concatenate([self._values, np.zeros((WINDOW, more))], axis=1)
            self._barred = np.concatenate([self._barred, np.zeros((WINDOW, more), np.bool_)], axis=1)
