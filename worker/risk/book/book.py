"""The portfolio at a step: the newest decision of each symbol up to it, in the portfolio's currency."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from worker.engine.calendar import missing_bars
from worker.engine.settings import EngineSettings
from worker.risk.book.decided import Arrived, decode
from worker.risk.book.holdings import Holdings
from worker.risk.book.listing import Listing, Listings
from worker.risk.book.rates import Rates
from worker.risk.book.window import ReturnRow, Returns
from worker.risk.figures.losses import total
from worker.risk.settings import RiskSettings


class Held(NamedTuple):
    """Symbols with a position or an order, by name; amounts in the portfolio's currency."""

    symbols: list[str]
    slots: NDArray[np.int64]
    held: NDArray[np.float64]  # signed notional
    ordered: NDArray[np.float64]  # once the orders for the next open are filled
    rates: NDArray[np.float64]  # of their quote currencies, NaN = missing
    sigma: NDArray[np.float64]  # daily volatility as the decisions state it, fraction
    groups: list[str | None]
    longest_ms: int  # of their bars


class Result(NamedTuple):
    """Cumulative results of all symbols, net of fees, and what came since the last step."""

    realised: float
    unrealised: float
    filled: float  # notional
    suspect: float  # results of level shifts, which are part of the results


class Book:
    """Decisions go in as they arrive; `advance` takes over those that a step counts."""

    def __init__(self, risk: RiskSettings, engine: EngineSettings) -> None:
        self._risk, self._listings = risk, Listings(risk, engine)
        self.holdings, self.returns = Holdings(), Returns()
        self.waiting: list[Arrived] = []
        self.hashes: set[str] = set()  # configurations that the decisions of the last step were made with
        self._listed: list[Listing] = []  # by slot
        self._multipliers = np.zeros(0)  # by slot
        self._quotes: dict[str, int] = {}
        self._quote_of = np.zeros(0, np.int64)  # by slot
        self._rates = Rates(risk, self._close_of)

    def take(self, offset: int, value: bytes, partition: int = 0) -> bool:
        """Take a decision's bytes and its offset in its partition; return False where they are none."""
        try:
            self.waiting.append(Arrived(offset, decode(value), partition))
        except (msgspec.DecodeError, UnicodeDecodeError):
            return False
        return True

    def restore(self, symbols: list[str], rows: bytes, waiting: list[Arrived]) -> None:
        """Take a saved state over; the returns follow by `returns.put`."""
        self.holdings.restore(symbols, rows)
        self.waiting = list(waiting)
        self._list()

    def advance(self, before: int, ts: int) -> list[ReturnRow]:
        """Count the decisions with `close_ts` ≤ `ts`, the step after `before`; return the new rows of returns."""
        rows: list[ReturnRow] = []
        length = self._risk.returns_ms
        due = [one for one in self.waiting if one.decided.close_ts <= ts]
        self.waiting = [one for one in self.waiting if one.decided.close_ts > ts]
        self.hashes = {one.decided.config_hash for one in due}
        self._admit(due)
        # A point of the grid counts the decisions up to itself. Nothing came between where there are none.
        points = sorted({-(-max(one.decided.close_ts, before + 1) // length) * length for one in due} | {ts})
        first = before // length * length + length
        for point in sorted({first, *points} if before else points):
            if point > ts:
                continue
            for one in [one for one in due if one.decided.close_ts <= point]:
                self._apply(one)
            due = [one for one in due if one.decided.close_ts > point]
            if point % length == 0 and (row := self._return(point)) is not None:
                rows.append(row)
        return rows

    def catch_up(self, ts: int) -> None:
        """Count the late decisions, those with `close_ts` ≤ `ts`, in the last step again: no point of time passes."""
        due = [one for one in self.waiting if one.decided.close_ts <= ts]
        self.waiting = [one for one in self.waiting if one.decided.close_ts > ts]
        self._admit(due)
        for one in due:
            self._apply(one)

    def usual(self, length: int) -> int:
        """Return how many decisions all symbols have in `length` ms, at least one each."""
        bars = np.maximum(self.holdings.rows["length"], 1)
        return int(np.maximum(length // bars, 1).sum())

    def result(self) -> Result:
        """Return the results, and begin anew what came since the last step."""
        order, rows = self.holdings.by_name, self.holdings.rows
        rates = np.nan_to_num(self._rates_now()[self._quote_of])
        came = [values[: len(rows)] for values in (self.holdings.filled, self.holdings.suspect)]
        found = Result(*(total((values * rates)[order]) for values in (rows["realised"], rows["unrealised"], *came)))
        self.holdings.filled[:] = self.holdings.suspect[:] = 0.0
        return found

    def held(self) -> Held:
        """Return the symbols with a position or an order."""
        rows, order = self.holdings.rows, self.holdings.by_name
        slots = order[(rows["held"][order] != 0.0) | (rows["ordered"][order] != 0.0)]
        mine = rows[slots]
        listed = [self._listed[slot] for slot in slots]
        rates = self._rates_now()[self._quote_of[slots]]
        unit = mine["close"] * self._multipliers[slots] * np.nan_to_num(rates)
        sigma = np.where(np.isnan(mine["sigma"]), self._risk.unmodelled_sigma, mine["sigma"])
        return Held(
            [self.holdings.symbols[slot] for slot in slots],
            slots,
            mine["held"] * unit,
            mine["ordered"] * unit,
            rates,
            sigma / np.sqrt(np.array([one.year_days for one in listed])),
            [one.group for one in listed],
            int(mine["length"].max(initial=0)),
        )

    def silent(self, ts: int) -> list[str]:
        """Return the held symbols without a bar for too many open intervals before a step, by name."""
        rows, found = self.holdings.rows, []
        late = (rows["held"] != 0.0) & (ts - rows["close_ts"] >= self._risk.silent_intervals * rows["length"])
        for slot in self.holdings.by_name[late[self.holdings.by_name]].tolist():
            last, length, calendar = int(rows["ts"][slot]), int(rows["length"][slot]), self._listed[slot].calendar
            if missing_bars(self._listings.calendars, calendar, last, ts, length) >= self._risk.silent_intervals:
                found.append(self.holdings.symbols[slot])
        return found

    def _apply(self, one: Arrived) -> None:
        self.holdings.apply(one, self._listed[self.holdings.slots[one.decided.symbol]].multiplier)

    def _admit(self, due: list[Arrived]) -> None:
        self.holdings.admit(one.decided.symbol for one in due)
        self._list()

    def _list(self) -> None:
        new = [self._listings.of(symbol) for symbol in self.holdings.symbols[len(self._listed) :]]
        if not new:
            return
        self._listed += new
        self._multipliers = np.concatenate([self._multipliers, [one.multiplier for one in new]])
        places = [self._quotes.setdefault(one.quote, len(self._quotes)) for one in new]
        self._quote_of = np.concatenate([self._quote_of, places])

    def _return(self, ts: int) -> ReturnRow | None:
        rows = self.holdings.rows
        fresh = rows["fresh"]
        known = fresh & ~rows["broken"] & (rows["mark"] != 0.0) & np.isfinite(rows["mark"]) & np.isfinite(rows["close"])
        slots = np.flatnonzero(known)
        values = rows["close"][slots] / rows["mark"][slots] - 1.0
        rows["mark"][fresh] = rows["close"][fresh]
        rows["fresh"], rows["broken"] = False, False
        return self.returns.append(ts, slots, values) if slots.size else None

    def _rates_now(self) -> NDArray[np.float64]:
        return np.array([self._rates.of(quote) for quote in self._quotes])

    def _close_of(self, symbol: str) -> float:
        slot = self.holdings.slots.get(symbol)
        return float("nan") if slot is None else float(self.holdings.rows["close"][slot])
