"""A market that rises, opens 4% lower shortly before midnight UTC, falls on, and rises again the next day."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from worker.sources.intervals import close_of
from worker.sources.record import Bar, Record, encode_bar

SYMBOLS = 24
MINUTE = 60_000
MIDNIGHT = 1_583_971_200_000  # 2020-03-12 00:00 UTC
RISE, FALL, CALM, MORNING = 120, 12, 18, 120  # bars of each part; the calm ends at midnight
RETURNS = (0.0003, -0.006, 0.0, 0.0006)  # of a bar in each part, shared by all symbols
NOISE = 0.0008  # standard deviation of a symbol's own return of a bar
GAP = -0.04  # from the last close of the rise to the next open: stops fill there, not where they stand
CRASH, NEXT_DAY, END = RISE, RISE + FALL + CALM, RISE + FALL + CALM + MORNING  # numbers of bars
SEED = 12


class Market:
    """Bars of one minute, all symbols at a time; the same on every machine."""

    def __init__(self) -> None:
        rng = np.random.default_rng(SEED)
        shared = np.repeat(RETURNS, (RISE, FALL, CALM, MORNING))
        own = rng.standard_normal((SYMBOLS, END)) * NOISE
        level = rng.uniform(20.0, 400.0, (SYMBOLS, 1)) * np.cumprod(1.0 + shared + own, axis=1)
        level[:, CRASH:] *= 1.0 + GAP
        self._close: NDArray[np.float64] = np.round(level, 2).astype(np.float64)
        self._wick: NDArray[np.float64] = rng.uniform(0.0, NOISE, (2, SYMBOLS, END))
        self._volume: NDArray[np.float64] = np.rint(rng.uniform(20_000.0, 60_000.0, (SYMBOLS, END)))
        self.names = [f"CRASH{number:02d}" for number in range(SYMBOLS)]

    def bars(self, begin: int, end: int) -> Iterator[Record]:
        """Yield the records of bars `begin` to `end`, exclusive: all symbols of one bar, then those of the next."""
        return (record for at in range(begin, end) for record in self._bar(at))

    def _bar(self, at: int) -> Iterator[Record]:
        ts = closes(at) - MINUTE
        for number, name in enumerate(self.names):
            before, close = (float(self._close[number, place]) for place in (max(at - 1, 0), at))
            opened = round(before * (1.0 + GAP), 2) if at == CRASH else before
            low, high = (float(wick[number, at]) for wick in self._wick)
            highest, lowest = round(max(opened, close) * (1.0 + high), 2), round(min(opened, close) * (1.0 - low), 2)
            bar = Bar(name, ts, opened, highest, lowest, close, float(self._volume[number, at]))
            yield Record(name.encode(), encode_bar(bar, "1m"), close_of(ts, MINUTE))


def closes(at: int) -> int:
    """Return the close of bar number `at`, epoch ms UTC."""
    return MIDNIGHT + (at + 1 - NEXT_DAY) * MINUTE


def clock(ts: int) -> str:
    """Return the time of day, UTC, as hh:mm."""
    minutes = ts // MINUTE % 1_440
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
