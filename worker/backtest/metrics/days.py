"""Equity at the end of each trading day: of the strategy, of buy-and-hold, of one symbol and of all together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.backtest.ledger import Ledger
from worker.backtest.metrics.sessions import DAY_MS, YEAR_MS, periods_per_year, trading_days

Floats = NDArray[np.float64]
Value = Callable[[Ledger], Floats]


class Days(NamedTuple):
    """Equity at the close of the last bar of each trading day that has one, or of each longer bar."""

    day: NDArray[np.int64]  # days since 1970-01-01
    equity: Floats
    start: float  # equity before the first day
    first_ms: int = 0  # open of the first bar, epoch ms
    last_ms: int = 0  # close of the last bar, epoch ms

    @property
    def years(self) -> float:
        """Years from the open of the first bar to the close of the last, at least a day."""
        return max(self.last_ms - self.first_ms, DAY_MS) / YEAR_MS

    @property
    def returns(self) -> Floats:
        """Simple return of each day."""
        before = np.concatenate([[self.start], self.equity[:-1]])
        with np.errstate(divide="ignore", invalid="ignore"):
            change: Floats = self.equity / before - 1.0
        return change


def strategy(ledger: Ledger) -> Floats:
    """Return the equity after each bar."""
    equity: Floats = ledger.bars["equity"]
    return equity


def bought(ledger: Ledger) -> float:
    """Return what buy-and-hold pays for the symbol: the budget without the entry cost."""
    return ledger.budget / (1.0 + ledger.entry_cost.whole)


def buy_and_hold(ledger: Ledger) -> Floats:
    """Return the equity of the budget put into the symbol at its first close, less the entry cost, and held.

    The step over an accepted level shift (a split) or an expired reference (a ticker that another company got) is not
    a return. NaN where a price is not positive.
    """
    close = ledger.bars["close"]
    if not len(close):
        return np.zeros(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.where(ledger.bars["rebased"][1:], 1.0, close[1:] / close[:-1])
    held: Floats = bought(ledger) * np.concatenate([[1.0], np.cumprod(steps)])
    return held if (close > 0.0).all() else np.full(len(close), np.nan)


def daily(ledger: Ledger, value: Value = strategy) -> Days:
    """Return one symbol's days."""
    day = trading_days(ledger)
    last = np.flatnonzero(np.diff(day, append=np.iinfo(np.int64).max))
    found = Days(day[last], value(ledger)[last], ledger.budget)
    if not last.size:
        return found
    return found._replace(first_ms=int(ledger.bars["ts"].min()), last_ms=int(ledger.bars["close_ts"].max()))


class Axis:
    """The days that any of several symbols has."""

    def __init__(self, parts: Sequence[Days]) -> None:
        days = [part.day for part in parts]
        self._day = np.unique(np.concatenate(days)) if days else np.zeros(0, np.int64)
        self._at = [np.searchsorted(day, self._day, side="right") for day in days]
        spans = [part for part in parts if part.day.size]
        self._first = min((s.first_ms for s in spans), default=0)
        self._last = max((s.last_ms for s in spans), default=0)

    def sum(self, starts: Sequence[float], equities: Sequence[Floats]) -> Days:
        """Return the sum of the symbols' equities on every day; a symbol without a bar keeps its last one."""
        total = np.zeros(self._day.size)
        for start, equity, at in zip(starts, equities, self._at, strict=True):
            total += np.concatenate([[start], equity])[at]
        return Days(self._day, total, sum(starts) if starts else 0.0, self._first, self._last)


def together(parts: Sequence[Days]) -> Days:
    """Sum the symbols on every day that any of them has; a symbol without a bar keeps its last equity."""
    return Axis(parts).sum([part.start for part in parts], [part.equity for part in parts])


def per_year(ledgers: Sequence[Ledger], days: Days) -> float:
    """Return the number of these ledgers' days in a year."""
    known = periods_per_year(ledgers)
    return days.day.size / days.years if known is None else known
