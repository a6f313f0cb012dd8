"""One timeframe of one symbol: its forming bucket, and the values of the closed ones."""

from typing import Any

import numpy as np

from worker.engine.calendar import missing_bars
from worker.engine.kernel import embedded
from worker.engine.rounding import decimals
from worker.engine.stages.regime import trend
from worker.engine.stages.regime.codes import RANGE, TREND_DOWN, TREND_UP, UNKNOWN
from worker.engine.stages.regime.step import commit
from worker.engine.stages.timeframes import indicators
from worker.engine.stages.timeframes.bucket import BUCKET, begin, move, start_of
from worker.engine.stages.timeframes.fusion import direction

PUBLISHED_DECIMALS = 6

REGIME = np.dtype(
    [("trend", trend.STATE), ("code", "i8"), ("age", "i8"), ("candidate", "i8"), ("run", "i8")], align=True
)
FRAME = np.dtype(
    [
        ("end", "i8"),  # end of the forming bucket, else of the last closed one, epoch ms
        ("forming", BUCKET),
        ("direction", "f8"),  # after the last closed bucket, [-1, 1]
        ("published", "f8"),  # `direction`, rounded
        ("closed", BUCKET),  # the last closed bucket
        ("partial", "?"),  # it held too few of its bars
        ("indicators", indicators.STATE),
        ("values", indicators.VALUES),
        ("regime", REGIME),
    ],
    align=True,
)


@embedded
def _possible_bars(frame: Any, interval_ms: int, length: int, inst: Any, calendars: Any) -> int:
    """Count the bars that the forming bucket could have: those with some session-open time."""
    if inst.calendar < 0:
        return length // interval_ms
    start = frame.end - length
    count: int = missing_bars(calendars, inst.calendar, start - interval_ms, frame.end, interval_ms)
    return count


@embedded
def _trend_code(own: Any, values: Any) -> int:
    """Return the regime of the trend axis alone: a timeframe keeps no window of volatilities."""
    if not trend.ready(values):
        return UNKNOWN
    if own.trend.trending and own.trend.sign != 0:
        return TREND_UP if own.trend.sign > 0 else TREND_DOWN
    return RANGE


@embedded
def belongs(frame: Any, ts: int, length: int) -> bool:
    """Return whether `ts` lies in the forming bucket of `frame`, else in the last closed one."""
    if frame.forming.bars == 0 and frame.closed.bars == 0:
        return False
    inside: bool = frame.end - length <= ts < frame.end
    return inside


@embedded
def open_bucket(frame: Any, row: Any, offset: int, length: int) -> None:
    """Begin the bucket of a bar (a row of the history) that belongs to none yet."""
    start = start_of(row.ts, offset, length)
    begin(frame.forming, start, row)
    frame.end = start + length


@embedded
def close_bucket(frame: Any, interval_ms: int, length: int, inst: Any, calendars: Any, p: Any, thresholds: Any) -> None:
    """Close the forming bucket and advance the indicators, the direction and the regime by it."""
    possible = _possible_bars(frame, interval_ms, length, inst, calendars)
    frame.partial = frame.forming.bars < p.min_coverage * possible
    move(frame.forming, frame.closed)
    values, own = frame.values, frame.regime
    indicators.update(frame.indicators, frame.closed, values)
    if trend.ready(values):
        trend.update(own.trend, frame.closed.close, values, thresholds)
    commit(own, _trend_code(own, values), thresholds)
    frame.direction = direction(values, p.full_adx)
    frame.published = decimals(frame.direction, PUBLISHED_DECIMALS)
