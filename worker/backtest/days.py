"""Equity at the end of each UTC day: of the strategy, of buy-and-hold, of one symbol and of all together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.backtest.ledger import Ledger, Rows

DAY_MS = 86_400_000
SESSION_DAYS, CALENDAR_DAYS = 252, 365
MONDAY_EPOCH = 3  # days from a Monday to 1970-01-01
SATURDAY = 5

Floats = NDArray[np.float64]
Value = Callable[[Ledger], Floats]


class Days(NamedTuple):
    """Equity at the close of the last bar of each UTC day that has one; `start` is the equity before the first."""

    day: NDArray[np.int64]  # since 1970-01-01
    equity: Floats
    start: float

    @property
    def returns(self) -> Floats:
        """Simple return of each day."""
        before = np.concatenate([[self.start], self.equity[:-1]])
        with np.errstate(divide="ignore", invalid="ignore"):
            change: Floats = self.equity / before - 1.0
        return change


def day_of(bars: Rows) -> NDArray[np.int64]:
    """The UTC day in which each bar closes; 24:00 belongs to the day it ends. A clock set back stays on its day."""
    return np.maximum.accumulate((bars["close_ts"] - 1) // DAY_MS) if len(bars) else np.zeros(0, np.int64)


def strategy(ledger: Ledger) -> Floats:
    """Equity after each bar."""
    equity: Floats = ledger.bars["equity"]
    return equity


def buy_and_hold(ledger: Ledger, cost: float = 0.0) -> Floats:
    """The budget put into the symbol at its first close, `cost` paid on it, and held.

    The step over an accepted level shift (a split) or an expired reference (a ticker that another company got) is no
    return. NaN where a price is not positive.
    """
    close = ledger.bars["close"]
    if not len(close):
        return np.zeros(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.where(ledger.bars["rebased"][1:], 1.0, close[1:] / close[:-1])
    bought = ledger.budget / (1.0 + cost)
    held: Floats = bought * np.concatenate([[1.0], np.cumprod(steps)])
    return held if (close > 0.0).all() else np.full(len(close), np.nan)


def daily(ledger: Ledger, value: Value = strategy) -> Days:
    """One symbol's days."""
    day = day_of(ledger.bars)
    last = np.flatnonzero(np.diff(day, append=np.iinfo(np.int64).max))
    return Days(day[last], value(ledger)[last], ledger.budget)


def together(parts: Sequence[Days]) -> Days:
    """The sum over symbols on every day that any of them has; one that pauses keeps its last equity."""
    if not parts:
        return Days(np.zeros(0, np.int64), np.zeros(0), 0.0)
    day = np.unique(np.concatenate([part.day for part in parts]))
    total = np.zeros(day.size)
    for part in parts:
        held = np.concatenate([[part.start], part.equity])
        total += held[np.searchsorted(part.day, day, side="right")]
    return Days(day, total, sum(part.start for part in parts))


def days_per_year(day: NDArray[np.int64]) -> int:
    """365 when the market is open at weekends, else 252."""
    return CALENDAR_DAYS if np.any((day + MONDAY_EPOCH) % 7 >= SATURDAY) else SESSION_DAYS
