"""The day or longer period of each bar's return, and the number of such periods in a year.

Bars of up to a day give daily returns, longer ones a return each. A day is a trading day. A bar of a day belongs to
the date of its middle, so that one dated in New York or in Tokyo keeps its date.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from schemas.tick import MONTH_MS, WEEK_MS
from worker.backtest.ledger import Ledger, Rows

DAY_MS = 86_400_000
YEAR_MS = 31_556_952_000  # mean of the Gregorian calendar: 365.2425 days
HOUR_MS = 3_600_000
TRADING_DAYS = {5: 252.0, 6: 313.0, 7: 365.0}  # per year, by the number of trading days in a week
WEEKS, MONTHS = 52.0, 12.0  # per year
WORKDAYS = 5
SATURDAY, SUNDAY = 5, 6
MONDAY_EPOCH = 3  # days from a Monday to 1970-01-01
OFTEN = 0.5  # share of the busiest weekday's bars

Ints = NDArray[np.int64]


def utc_days(bars: Rows, interval_ms: int) -> Ints:
    """Return the day of each bar since 1970-01-01: of its last instant, or of its middle when it is a day long.

    24:00 belongs to the day it ends. The last instant of a longer bar is taken on a clock 14 hours behind UTC, so that
    months and weeks of every time zone end in their own period. A clock set back stays on its day.
    """
    if not len(bars):
        return np.zeros(0, np.int64)
    behind = 0 if interval_ms < DAY_MS else 12 if interval_ms == DAY_MS else 14
    days: Ints = np.maximum.accumulate((bars["close_ts"] - 1 - behind * HOUR_MS) // DAY_MS)
    return days


def weekdays(days: Ints) -> Ints:
    """Return 0 for Monday to 6 for Sunday."""
    return (days + MONDAY_EPOCH) % 7


def open_weekdays(ledger: Ledger) -> frozenset[int]:
    """Return the weekdays that have trading days: those with at least half as many bars as the busiest."""
    counts = np.bincount(weekdays(utc_days(ledger.bars, ledger.interval_ms)), minlength=7)
    return frozenset(np.flatnonzero((counts > 0) & (counts >= OFTEN * counts.max())).tolist())


def trading_days(ledger: Ledger) -> Ints:
    """Return the trading day of each bar; bars on a weekend without trading days belong to Monday."""
    days = utc_days(ledger.bars, ledger.interval_ms)
    if ledger.interval_ms > DAY_MS:
        return days
    closed = {SATURDAY, SUNDAY} - open_weekdays(ledger)
    for weekday in sorted(closed):
        days = np.where(weekdays(days) == weekday, days + 1, days)
    return days


def periods_per_year(ledgers: Iterable[Ledger]) -> float | None:
    """Return the number of returns in a year; None where bars longer than a day differ in length."""
    traded = [ledger for ledger in ledgers if len(ledger.bars)]
    short = [ledger for ledger in traded if ledger.interval_ms <= DAY_MS]
    if short or not traded:
        found = frozenset[int]().union(*map(open_weekdays, short))
        return TRADING_DAYS[max(len(found), WORKDAYS)]
    lengths = {ledger.interval_ms for ledger in traded}
    return bars_per_year(lengths.pop()) if len(lengths) == 1 else None


def bars_per_year(interval_ms: int) -> float:
    """Return the number of bars longer than a day in a year: 52 weeks, 12 months, else by their length."""
    if interval_ms == WEEK_MS:
        return WEEKS
    if interval_ms % MONTH_MS == 0:
        return MONTHS / (interval_ms // MONTH_MS)
    if interval_ms % (7 * DAY_MS) == 0:
        return WEEKS / (interval_ms // (7 * DAY_MS))
    return YEAR_MS / interval_ms
