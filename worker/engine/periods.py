"""Calendar intervals: weeks from Monday and months from the 1st, which differ in length.

A bar of such a period has a nominal `interval_ms` that no fixed interval has (`schemas.tick`). Periods are numbered in
order. They begin at 00:00 UTC or, where a bar opens at the midnight of another time zone, as long before or after it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.tick import MONTH_MS, WEEK_MS
from worker.engine.kernel import embedded, kernel

DAY = 86_400_000  # ms
WEEK = 7 * DAY
MONDAY = 4 * DAY  # the first Monday 00:00 UTC after the epoch
ZONE = 14 * 3_600_000  # ms; no time zone is further from UTC
# Days and years of the Gregorian calendar, counted from 1 March of year 0, so that a leap day ends its year.
ERA_DAYS, EPOCH_DAY = 146_097, 719_468


@embedded
def is_calendar(interval_ms):  # type: ignore[no-untyped-def]
    """Return whether the interval is a calendar one."""
    return interval_ms >= WEEK_MS and (interval_ms == WEEK_MS or interval_ms % MONTH_MS == 0)


@kernel
def month_of(day):  # type: ignore[no-untyped-def]
    """Return the month of a day, both counted from 1970-01-01."""
    since = day + EPOCH_DAY
    era = since // ERA_DAYS
    of_era = since - era * ERA_DAYS
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    return 12 * (year + 400 * era - 1970) + (5 * of_year + 2) // 153 + 2


@kernel
def first_day(month):  # type: ignore[no-untyped-def]
    """Return the first day of a month, both counted from 1970-01-01."""
    since = month + 12 * 1970 - 2  # months since March of year 0
    year, of_year = since // 12, since % 12
    era = year // 400
    of_era = year - 400 * era
    return ERA_DAYS * era + 365 * of_era + of_era // 4 - of_era // 100 + (153 * of_year + 2) // 5 - EPOCH_DAY


@kernel
def period_of(ts, interval_ms):  # type: ignore[no-untyped-def]
    """Return the number of the period that holds a bar opening at `ts`.

    A bar that opens just before a period's midnight UTC opens at the midnight of an eastern time zone.
    """
    instant = ts + ZONE
    if interval_ms == WEEK_MS:
        return (instant - MONDAY) // WEEK
    return month_of(instant // DAY) // (interval_ms // MONTH_MS)


@kernel
def period_start(number, interval_ms):  # type: ignore[no-untyped-def]
    """Return when a period begins in UTC, epoch ms."""
    if interval_ms == WEEK_MS:
        return MONDAY + number * WEEK
    return first_day(number * (interval_ms // MONTH_MS)) * DAY


@kernel
def period_end(ts, interval_ms):  # type: ignore[no-untyped-def]
    """Return when the period of a bar ends by the clock at whose midnight the bar opens, epoch ms.

    A bar that opens later in its period, as vendors date one by the first or the last session in it, ends with the
    period in UTC.
    """
    number = period_of(ts, interval_ms)
    after = ts - period_start(number, interval_ms)
    end = period_start(number + 1, interval_ms)
    return end + after if after <= ZONE else end


@embedded
def bar_end(ts, interval_ms):  # type: ignore[no-untyped-def]
    """Return when the interval of the bar that opens at `ts` ends, epoch ms."""
    return period_end(ts, interval_ms) if is_calendar(interval_ms) else ts + interval_ms


@kernel
def begins_period(ts, interval_ms, offset):  # type: ignore[no-untyped-def]
    """Return whether a bar opens where its period begins: `offset` ms after midnight UTC, or a day less in the east."""
    after = ts - period_start(period_of(ts, interval_ms), interval_ms)
    return after == offset or after == offset - DAY


@embedded
def periods_between(last_ts, ts, interval_ms):  # type: ignore[no-untyped-def]
    """Count the periods strictly between two bars; negative where they share one, or their order is reversed."""
    return period_of(ts, interval_ms) - period_of(last_ts, interval_ms) - 1


def close_time(ts: int, interval_ms: int) -> int:
    """Return `bar_end` in Python."""
    return ts + interval_ms if interval_ms < WEEK_MS else int(bar_end(ts, interval_ms))


def close_times(bars: NDArray[Any]) -> NDArray[np.int64]:
    """Return `bar_end` of BAR rows, shape (n,)."""
    ends: NDArray[np.int64] = bars["ts"] + bars["interval_ms"]
    for row in np.flatnonzero(bars["interval_ms"] >= WEEK_MS):
        ends[row] = bar_end(bars["ts"][row], bars["interval_ms"][row])
    return ends
