"""Rule 39: bars of a symbol do not overlap in time."""

from __future__ import annotations

from worker.engine import calendar, periods
from worker.engine.kernel import embedded
from worker.engine.stages.validation.decided import nearest

HOUR, DAY = 3_600_000, calendar.DAY
LOCAL_FROM, MONTH_FROM = 4 * HOUR, 28 * DAY  # lengths from which a bar may follow a local clock, and the months
SLACK = 100  # a bar may begin early by one part in this many of its length: times are rounded


@embedded
def least_length(interval_ms):  # type: ignore[no-untyped-def]
    """Return the shortest bar of this nominal length, ms: a local day may lack an hour, a month three days of 31."""
    length = interval_ms - interval_ms // SLACK
    if interval_ms >= LOCAL_FROM:
        length = min(length, interval_ms - HOUR)
    if interval_ms >= MONTH_FROM:
        length = min(length, interval_ms - 3 * DAY - HOUR)
    return length


@embedded
def _meet(inst, ts, following, interval_ms, calendars):  # type: ignore[no-untyped-def]
    # Whether a bar of `ts` is still open when the one of `following` begins. Two bars of one calendar period overlap,
    # however far apart. The calendar is asked last, as it costs most.
    if periods.is_calendar(interval_ms):
        return periods.periods_between(ts, following, interval_ms) < 0
    if following - ts >= least_length(interval_ms):
        return False
    return calendar.bar_close(calendars, inst.calendar, ts, interval_ms) > following


@embedded
def overlaps(own, decided, inst, bar, calendars):  # type: ignore[no-untyped-def]
    """Return whether the bar overlaps a decided one, or the last quarantined one before it; `may_decide` its time.

    The length of the decided bars is unknown while no bar was accepted.
    """
    if own.accepted == 0:
        return False
    before, after = nearest(decided, bar.ts)
    if own.pending > 0:
        candidate = own.candidates[own.pending - 1].ts
        if candidate < bar.ts:
            before = max(before, candidate)
    if _meet(inst, before, bar.ts, bar.interval_ms, calendars):
        return True
    return _meet(inst, bar.ts, after, bar.interval_ms, calendars)
