"""One way to read a column of times, and what all its cells are in this reading."""

from __future__ import annotations

from datetime import tzinfo

import numpy as np
from numpy.typing import NDArray

from worker.sources.intervals import Steps
from worker.sources.times import calendars
from worker.sources.times.dates import DAY_MS, Parsed, TextTimes
from worker.sources.times.halves import HalfDays
from worker.sources.times.kinds import Column, Typed
from worker.sources.times.parsing import Reader
from worker.sources.times.zones import LocalClock

Ints = NDArray[np.int64]
_YEARS = (-2_208_988_800_000, 4_102_444_800_000)  # 1900 to 2100


class Candidate:
    """One way to read the column, and what it has found so far."""

    def __init__(self, reader: Reader | None, label: str, zone: tzinfo | None = None) -> None:
        """Start; `zone` is that of times without an offset."""
        self.reader, self.label, self._zone = reader, label, zone
        self.clock: LocalClock | None = None  # of all cells: an hour comes twice by the bars before it
        self.read = 0  # cells that are times
        self.lost = 0  # cells that are neither times nor blank
        self.lost_sample = ""
        self.steps, self.local_steps = Steps(), Steps()
        self.halves = HalfDays() if isinstance(reader, TextTimes) else None  # what a format of strptime says is sure
        self.midnights = True  # all times so far are local midnights
        self.away = False  # some offset is not zero
        self.zoned = self.naive = 0
        self.weekend = 0
        self.buddhist = self.hijri = 0  # times in years that are plausible in these calendars only
        self.odd_year = ""  # a cell with such a year
        self.first: int | None = None
        self.last: int | None = None
        self.local_first: int | None = None
        self.local_last: int | None = None

    def book(self, found: Parsed, column: Column, owners: Ints) -> None:
        """Take what the reader has found in some cells; `owners` are the rows' symbols."""
        rows = found.has
        self.read += int(np.count_nonzero(rows))
        self.lost += len(found.unreadable)
        if found.unreadable and not self.lost_sample:
            self.lost_sample = _cell(column, found.unreadable[0])
        local, whose = (found.local, owners) if rows.all() else (found.local[rows], owners[rows])
        if not len(local):
            return
        if self.halves is not None:
            self.halves.feed(whose, local)
        utc, zoned = found.local - found.offsets, found.zoned
        if not rows.all():
            utc, zoned = utc[rows], zoned[rows]
        many = int(np.count_nonzero(zoned))
        self.zoned += many
        self.naive += len(local) - many
        if self._zone is not None and many < len(local):
            self.clock = self.clock or LocalClock(self._zone)
            utc, _ = self.clock.to_utc(utc, whose, ~zoned)
        self.away |= bool((utc != local).any())
        self.midnights &= not (local % DAY_MS).any()
        low, high = int(local.min()), int(local.max())
        self.local_first = low if self.local_first is None else min(self.local_first, low)
        self.local_last = high if self.local_last is None else max(self.local_last, high)
        if not _plausible(low, high):
            self._look_at_years(found, column)
        if self.midnights:
            self.weekend += int(np.count_nonzero((local // DAY_MS + 3) % 7 >= 5))
            self.local_steps.feed(*_known_years(whose, local, low, high))
        low, high = int(utc.min()), int(utc.max())
        self.first = low if self.first is None else min(self.first, low)
        self.last = high if self.last is None else max(self.last, high)
        self.steps.feed(*_known_years(whose, utc, low, high))

    def _look_at_years(self, found: Parsed, column: Column) -> None:
        buddhist, hijri = found.has & calendars.buddhist(found.local), found.has & calendars.hijri(found.local)
        self.buddhist += int(np.count_nonzero(buddhist))
        self.hijri += int(np.count_nonzero(hijri))
        if not self.odd_year and (odd := np.flatnonzero(buddhist | hijri)).size:
            self.odd_year = _cell(column, int(odd[0]))


def _cell(column: Column, row: int) -> str:
    return f"{column.values[row]}" if isinstance(column, Typed) else column[row]


def _plausible(low: int, high: int) -> bool:
    return _YEARS[0] <= low and high < _YEARS[1]


def _known_years(owners: Ints, times: Ints, low: int, high: int) -> tuple[Ints, Ints]:
    """Drop times of implausible years: one typing error would hide the interval of a thousand bars."""
    if _plausible(low, high):
        return owners, times
    known = (times >= _YEARS[0]) & (times < _YEARS[1])
    return owners[known], times[known]
