"""How a column of times is read, once it is decided."""

from __future__ import annotations

from datetime import tzinfo
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.sources.intervals import Steps
from worker.sources.times.kinds import Column
from worker.sources.times.parsing import Reader, read_column
from worker.sources.times.zones import Hour, LocalClock

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


class TimeFormat(NamedTuple):
    """How a column of times is read."""

    label: str  # for people
    zone: str  # for people
    reader: Reader | None  # None for columns that are no text
    timezone: tzinfo | None  # of times without an offset; None is UTC
    sessions: bool  # local midnights stand for dates
    local: bool  # typed times that carry no zone
    steps: Steps
    rows: int  # that have a time
    first: int | None
    last: int | None
    by_ends: bool = False  # the times are those at which the bars end
    once: frozenset[Hour] = frozenset()  # repeated hours of which the file has one pass only
    second: bool = False  # which is the second one
    note: str = ""  # what is assumed of them, for people

    def clock(self) -> LocalClock | None:
        """Return a new clock for one pass over the file."""
        return None if self.timezone is None else LocalClock(self.timezone, self.once, self.second)

    def convert(self, column: Column, clock: LocalClock | None, owners: Ints) -> tuple[Ints, Flags, list[int]]:
        """Return (epoch ms UTC with 0 for none, which there are, rows neither times nor blank) of some cells."""
        parsed = read_column(column, self.reader)
        if self.sessions:
            return np.where(parsed.has, parsed.local, 0), parsed.has, parsed.unreadable
        utc = np.where(parsed.zoned, parsed.local - parsed.offsets, parsed.local)
        naive = parsed.has & ~parsed.zoned
        if clock is None or not naive.any():
            return np.where(parsed.has, utc, 0), parsed.has, parsed.unreadable
        if parsed.has.all():
            utc, has = clock.to_utc(utc, owners, naive)
        else:  # the order of the bars tells, and those without a time have none
            rows, has = parsed.has, parsed.has.copy()
            utc[rows], has[rows] = clock.to_utc(utc[rows], owners[rows], naive[rows])
        skipped = np.flatnonzero(parsed.has & ~has).tolist()
        return np.where(has, utc, 0), has, sorted({*parsed.unreadable, *skipped})
