"""Trading sessions per symbol: open time between two instants, bars that could exist, and when a bar closes.

Weekly opens and closes are offsets from Monday 00:00 UTC. A market with daylight saving time therefore needs one
calendar per half of the year, or sessions wide enough for both.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from worker.engine import periods
from worker.engine.kernel import embedded, kernel
from worker.engine.periods import bar_end, is_calendar

HOUR = 3_600_000  # ms
DAY, WEEK, MONDAY = periods.DAY, periods.WEEK, periods.MONDAY
NONE = -1  # row of a symbol without a calendar
COUNT_LIMIT = 1_000_000  # limit of counted missing bars, so that a wild timestamp costs bounded time

Offset = Annotated[int, Field(ge=0, le=WEEK)]


class CalendarSettings(BaseModel):
    """The open hours of a market."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = Field(
        default=1, ge=1, description="version of this table; raise it when sessions or closures change"
    )
    kind: Literal["24x7", "weekly"] = Field(default="weekly", description="always open, or open as `sessions` say")
    sessions: tuple[tuple[Offset, Offset], ...] = Field(
        default=(), description="weekly (open, close) offsets in ms since Monday 00:00 UTC, ascending, disjoint"
    )
    closures: tuple[tuple[int, int], ...] = Field(
        default=(), description="holidays as (start, end) in epoch ms UTC, ascending, disjoint"
    )

    @model_validator(mode="after")
    def _ordered(self) -> CalendarSettings:
        if (self.kind == "weekly") != bool(self.sessions):
            raise ValueError("sessions must be given for kind weekly, and only for it")
        for name, intervals in (("sessions", self.sessions), ("closures", self.closures)):
            if any(start >= end for start, end in intervals):
                raise ValueError(f"{name}: each start must lie before its end")
            if any(end > start for (_, end), (start, _) in pairwise(intervals)):
                raise ValueError(f"{name} must be in ascending order and must not overlap")
        return self

    @property
    def weekly_hours(self) -> float:
        """Open hours per week without holidays."""
        return sum(end - start for start, end in self.weekly()) / HOUR

    def weekly(self) -> tuple[tuple[int, int], ...]:
        """Return the sessions of a week as (open, close) offsets in ms."""
        return self.sessions if self.kind == "weekly" else ((0, WEEK),)


# All calendars of a configuration in one (n, 2) array, because a kernel pays for every array argument.
# Rows 2r and 2r + 1 are the directory of calendar r: (first, end) row of its sessions (ms since Monday 00:00 UTC)
# and of its closures (epoch ms UTC), which follow as (start, end).
Calendars: TypeAlias = np.ndarray[Any, np.dtype[np.int64]]


def compile_calendars(calendars: Iterable[CalendarSettings]) -> Calendars:
    """Compile the kernels' table, one row number per calendar in the order given."""
    tables = [table for each in calendars for table in (each.weekly(), each.closures)]
    bounds = np.cumsum([len(tables), *map(len, tables)])
    directory = list(pairwise(bounds))
    return np.array([*directory, *(span for table in tables for span in table)], dtype=np.int64).reshape(-1, 2)


@embedded
def _weekly_open(calendars, row, instant):  # type: ignore[no-untyped-def]
    # Open ms from the first Monday to `instant` by the weekly table alone: whole weeks, then the part of the last week.
    weeks, offset = (instant - MONDAY) // WEEK, (instant - MONDAY) % WEEK
    full, begun = 0, 0
    for i in range(calendars[2 * row, 0], calendars[2 * row, 1]):
        start, end = calendars[i, 0], calendars[i, 1]
        full += end - start
        begun += max(0, min(end, offset) - start)
    return weeks * full + begun


@embedded
def _next_closure(calendars, row, instant):  # type: ignore[no-untyped-def]
    # Index of the first closure that ends after `instant`.
    low, high = calendars[2 * row + 1, 0], calendars[2 * row + 1, 1]
    while low < high:
        middle = (low + high) >> 1
        if calendars[middle, 1] <= instant:
            low = middle + 1
        else:
            high = middle
    return low


@embedded
def open_ms(calendars, row, start, end):  # type: ignore[no-untyped-def]
    """Return the session-open time in [start, end), ms; all of it without a calendar (`row` = NONE)."""
    if row < 0:
        return end - start
    total = _weekly_open(calendars, row, end) - _weekly_open(calendars, row, start)
    i, last = _next_closure(calendars, row, start), calendars[2 * row + 1, 1]
    while i < last and calendars[i, 0] < end:
        closed_from, closed_to = max(start, calendars[i, 0]), min(end, calendars[i, 1])
        total -= _weekly_open(calendars, row, closed_to) - _weekly_open(calendars, row, closed_from)
        i += 1
    return total


@embedded
def _next_session(calendars, row, instant):  # type: ignore[no-untyped-def]
    # (open, close) of the first weekly session that ends after `instant`, without holidays.
    week = (instant - MONDAY) // WEEK * WEEK + MONDAY
    first, last = calendars[2 * row, 0], calendars[2 * row, 1]
    for i in range(first, last):
        if week + calendars[i, 1] > instant:
            return week + calendars[i, 0], week + calendars[i, 1]
    return week + WEEK + calendars[first, 0], week + WEEK + calendars[first, 1]


@embedded
def next_open(calendars, row, instant):  # type: ignore[no-untyped-def]
    """Return (start, end) of the open time at or next after `instant`, up to the next close, holiday or week's end."""
    while True:
        start, end = _next_session(calendars, row, instant)
        start = max(start, instant)
        i = _next_closure(calendars, row, start)
        if i == calendars[2 * row + 1, 1] or calendars[i, 0] >= end:
            return start, end
        if calendars[i, 0] > start:
            return start, calendars[i, 0]
        instant = calendars[i, 1]


@embedded
def bar_close(calendars, row, ts, interval_ms):  # type: ignore[no-untyped-def]
    """Return when the bar that opens at `ts` is complete: the last open instant of its interval, epoch ms.

    Without a calendar, or for a bar wholly outside the sessions, it is the end of the interval.
    """
    end = bar_end(ts, interval_ms)
    if row < 0:
        return end
    closed, instant = end, ts
    while instant < end:
        start, until = next_open(calendars, row, instant)
        if start >= end:
            break
        closed, instant = min(until, end), until
    return closed


@embedded
def missing_slots(last_ts, ts, interval_ms):  # type: ignore[no-untyped-def]
    """Return the whole intervals between two bars, at most COUNT_LIMIT; 0 when `ts` is not after `last_ts`."""
    if is_calendar(interval_ms):
        return min(max(periods.periods_between(last_ts, ts, interval_ms), 0), COUNT_LIMIT)
    return min(max((ts - last_ts) // interval_ms - 1, 0), COUNT_LIMIT)


@kernel
def _open_periods(calendars, row, last_ts, slots, interval_ms):  # type: ignore[no-untyped-def]
    # Number of the `slots` periods after that of `last_ts` with some open time.
    number, count = periods.period_of(last_ts, interval_ms) + 1, 0
    start = periods.period_start(number, interval_ms)
    for i in range(slots):
        end = periods.period_start(number + i + 1, interval_ms)
        if next_open(calendars, row, start)[0] < end:
            count += 1
        start = end
    return count


@embedded
def missing_bars(calendars, row, last_ts, ts, interval_ms):  # type: ignore[no-untyped-def]
    """Count the bars that could lie strictly between `last_ts` and `ts`: those whose interval has some open time.

    Count up to COUNT_LIMIT; 0 when `ts` is not after `last_ts`.
    """
    slots = missing_slots(last_ts, ts, interval_ms)
    if row < 0 or slots == 0:
        return slots
    if is_calendar(interval_ms):
        return _open_periods(calendars, row, last_ts, slots, interval_ms)
    end = last_ts + (ts - last_ts) // interval_ms * interval_ms
    instant, count = last_ts + interval_ms, 0
    while instant < end and count < COUNT_LIMIT:
        start, until = next_open(calendars, row, instant)
        if start >= end:
            break
        first = (start - last_ts) // interval_ms
        last = (min(until, end) - 1 - last_ts) // interval_ms
        count += last - first + 1
        instant = last_ts + (last + 1) * interval_ms
    return min(count, COUNT_LIMIT)
