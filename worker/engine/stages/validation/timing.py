"""Rules 7, 8, 12 to 15, 27 to 29 and 39: the bar against the clock, its grid and the session calendar."""

from __future__ import annotations

import math

import numpy as np

from worker.engine import calendar, periods
from worker.engine.kernel import embedded
from worker.engine.reasons import Reject
from worker.engine.stages.validation import arrival
from worker.engine.stages.validation.overlap import overlaps

FUTURE_TIMESTAMP = 1 << Reject.future_timestamp
BAR_NOT_CLOSED = 1 << Reject.bar_not_closed
TS_MISALIGNED = 1 << Reject.ts_misaligned
TICK_MISALIGNED = 1 << Reject.tick_misaligned
REFERENCE_MISSING = 1 << Reject.reference_missing
REFERENCE_EXPIRED = 1 << Reject.reference_expired
GAP = 1 << Reject.gap
GAP_LARGE = 1 << Reject.gap_large
STALE_BAR = 1 << Reject.stale_bar
OVERLAPPING_BAR = 1 << Reject.overlapping_bar

OFF_GRID = 1e-6  # ticks
SINGLE, SINGLE_LIMIT = 1e-6, 0.1  # relative: prices in single precision, but no more than a tenth of a tick
ROUNDING = 2.0**-51  # relative: the two roundings in price / tick
LARGE_GAP = 10  # missing bars
STALE_INTERVALS = 5
STALE_FLOOR = 300_000  # ms
DAY = calendar.DAY
EXACT_LIMIT = 2**53  # integers below it are floats
CLOCK_LIMIT = 2**62  # ms; keeps sums with any record timestamp in int64


@embedded
def ingest_time(bar):  # type: ignore[no-untyped-def]
    """Return the record's timestamp, ms, clipped: a producer may write any int64."""
    return min(max(bar.ingest_ts, -CLOCK_LIMIT), CLOCK_LIMIT)


@embedded
def close_time(inst, bar, calendars):  # type: ignore[no-untyped-def]
    """Return when the bar is complete, ms: the end of its interval or of its last session."""
    if inst.calendar < 0:
        return periods.bar_end(bar.ts, bar.interval_ms)
    return calendar.bar_close(calendars, inst.calendar, bar.ts, bar.interval_ms)


@embedded
def clock(bar, closed, now):  # type: ignore[no-untyped-def]
    """Apply rules 7 and 8: from the future, or still forming."""
    if bar.ts > now:
        return FUTURE_TIMESTAMP
    return BAR_NOT_CLOSED if closed > now else 0


@embedded
def _off_grid(price, tick):  # type: ignore[no-untyped-def]
    ticks = price / tick
    allowed = max(OFF_GRID, min(SINGLE * abs(ticks), SINGLE_LIMIT), abs(ticks) * ROUNDING)
    return abs(ticks - math.floor(ticks + 0.5)) > allowed


@embedded
def divides(interval_ms, span):  # type: ignore[no-untyped-def]
    """Return whether `span` is a multiple of the interval.

    The quotient of a multiple is an integer, which no rounding changes; integer division takes several times as long.
    """
    if abs(span) < EXACT_LIMIT:
        return np.int64(span / interval_ms) * interval_ms == span
    return span % interval_ms == 0


@embedded
def on_grid(inst, bar):  # type: ignore[no-untyped-def]
    """Return whether the bar opens where its interval or its calendar period begins."""
    if periods.is_calendar(bar.interval_ms):
        return periods.begins_period(bar.ts, bar.interval_ms, inst.session_offset_ms)
    return divides(bar.interval_ms, bar.ts - inst.session_offset_ms)


@embedded
def grid(inst, bar):  # type: ignore[no-untyped-def]
    """Apply rules 12 and 13: off the time grid, off the price grid."""
    mask = 0
    if not on_grid(inst, bar):
        mask |= TS_MISALIGNED
    tick = inst.tick
    if tick > 0 and (
        _off_grid(bar.open, tick) or _off_grid(bar.high, tick) or _off_grid(bar.low, tick) or _off_grid(bar.close, tick)
    ):
        mask |= TICK_MISALIGNED
    return mask


@embedded
def missing(own, inst, bar, calendars):  # type: ignore[no-untyped-def]
    """Count the bars missing between the last accepted bar and this one; rejected bars count as missing."""
    if own.accepted == 0:
        return 0
    if inst.calendar < 0:
        return calendar.missing_slots(own.last.ts, bar.ts, bar.interval_ms)
    return calendar.missing_bars(calendars, inst.calendar, own.last.ts, bar.ts, bar.interval_ms)


@embedded
def _open_ms(own, inst, bar, calendars):  # type: ignore[no-untyped-def]
    if inst.calendar < 0:
        return bar.ts - own.last.ts
    return calendar.open_ms(calendars, inst.calendar, own.last.ts, bar.ts)


@embedded
def reference_expired(own, inst, bar, p, calendars):  # type: ignore[no-untyped-def]
    """Apply rule 15: the price reference is too old, in session-open time (in bars for daily ones)."""
    elapsed, interval = bar.ts - own.last.ts, bar.interval_ms
    if periods.is_calendar(interval):
        return missing(own, inst, bar, calendars) + 1 > p.ttl_daily_intervals
    life = (p.ttl_daily_intervals if interval >= DAY else p.ttl_intervals) * interval
    if inst.calendar < 0 and interval < DAY:
        life = max(life, p.ttl_floor_ms)
    if elapsed <= life:  # open time is never longer
        return False
    if inst.calendar >= 0 and interval >= DAY:
        return missing(own, inst, bar, calendars) + 1 > p.ttl_daily_intervals
    return _open_ms(own, inst, bar, calendars) > life


@embedded
def check(own, decided, inst, bar, closed, p, calendars):  # type: ignore[no-untyped-def]
    """Apply rules 7 to 11, 39, 12 to 15 in this order, up to the first fatal one; `closed` = the bar's close time."""
    now = ingest_time(bar) + p.clock_tolerance_ms
    fatal = clock(bar, closed, now)
    if fatal:
        return fatal
    order = arrival.check(own, decided, bar)
    if order & ~REFERENCE_EXPIRED:
        return order
    if overlaps(own, decided, inst, bar, calendars):
        return OVERLAPPING_BAR
    mask = order | grid(inst, bar)
    if own.accepted == 0:
        mask |= REFERENCE_MISSING
    elif not order and reference_expired(own, inst, bar, p, calendars):
        mask |= REFERENCE_EXPIRED
    return mask


@embedded
def gap(bars):  # type: ignore[no-untyped-def]
    """Apply rules 27 and 28 to that many missing bars."""
    if bars > LARGE_GAP:
        return GAP_LARGE
    return GAP if bars > 0 else 0


@embedded
def stale(bar, closed, p):  # type: ignore[no-untyped-def]
    """Apply rule 29: the record is much younger than the bar in it."""
    limit = max(STALE_INTERVALS * bar.interval_ms, STALE_FLOOR)
    return STALE_BAR if not p.backfill and ingest_time(bar) - closed > limit else 0
