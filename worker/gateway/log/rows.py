"""The newest decision of each symbol as a row, decoded once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

from worker.engine.calendar import missing_bars
from worker.engine.settings import EngineSettings
from worker.gateway.log.entry import Entry
from worker.gateway.log.newest import Newest
from worker.gateway.log.turns import Turns
from worker.gateway.log.values import fields, number, text, texts, whole
from worker.risk.book.listing import Listing, Listings
from worker.settings import Settings

Health = Literal["ok", "silent", "quarantined"]


class Row(NamedTuple):
    """What lists show of a symbol; None: the record lacks it."""

    symbol: str
    partition: int
    sequence: int | None
    ts: int | None
    close_ts: int | None
    close: float | None
    action: str | None
    state: str | None
    qty: float | None
    entry: float | None
    stop: float | None
    target: float | None
    unrealised: float | None
    realised: float | None
    bars_held: int | None
    regime: str | None
    final: float | None
    confidence: float | None
    blocking: str | None
    quarantined: bool
    listing: Listing

    @property
    def side(self) -> int:
        """1 for long, -1 for short, else 0."""
        return {"long": 1, "short": -1}.get(self.state or "", 0)

    @property
    def notional(self) -> float | None:
        """Signed value of the position in its quote currency."""
        if self.qty is None or self.close is None:
            return None
        return self.side * self.qty * self.close * self.listing.multiplier


class Rows:
    """Rows by symbol; each is made anew when its record is another one."""

    def __init__(self, settings: Settings, engine: EngineSettings, newest: Newest) -> None:
        self._newest, self._silent = newest, settings.risk.silent_intervals
        self._listings = Listings(settings.risk, engine)
        self._known: dict[str, tuple[Entry, Row]] = {}
        if len(self._listings.calendars):
            missing_bars(self._listings.calendars, 0, 0, 60_000, 60_000)  # loads the kernel now

    def of(self, symbol: str) -> Row | None:
        """Return a symbol's row; None where it is unknown."""
        entry = self._newest.of(symbol)
        if entry is None:
            return None
        known = self._known.get(symbol)
        if known is None or known[0] is not entry:
            listing = self._listings.of(symbol) if known is None else known[1].listing
            known = self._known[symbol] = (entry, _row(symbol, entry, listing))
        return known[1]

    def quote(self, symbol: str) -> str | None:
        """Return the currency that a symbol is quoted in; None where it is unknown."""
        row = self.of(symbol)
        return None if row is None else row.listing.quote

    async def all(self, wanted: Callable[[str], bool] = lambda symbol: True) -> list[Row]:
        """Return the rows of all wanted symbols, by name."""
        turns, found = Turns(), []
        for symbol in sorted(self._newest.symbols()):
            if wanted(symbol) and (row := self.of(symbol)) is not None:
                found.append(row)
            if turns.due():
                await turns.pause()
        return found

    def health(self, row: Row, now: int) -> Health:
        """Return how a symbol does at `now`, the event time of the newest decision of all."""
        if row.quarantined:
            return "quarantined"
        if row.close_ts is None or row.ts is None or not 0 < row.close_ts - row.ts < 2**40:
            return "ok"
        length = row.close_ts - row.ts
        if now - row.close_ts < self._silent * length:
            return "ok"
        calendar, calendars = row.listing.calendar, self._listings.calendars
        missing = (now - row.close_ts) // length
        if calendar >= 0:
            missing = missing_bars(calendars, calendar, row.ts, now, length)
        return "silent" if missing >= self._silent else "ok"


def _row(symbol: str, entry: Entry, listing: Listing) -> Row:
    found = fields(entry.value)
    return Row(
        symbol=symbol,
        partition=entry.partition,
        sequence=whole(found, "sequence"),
        ts=whole(found, "ts"),
        close_ts=whole(found, "close_ts"),
        close=number(found, "bar", "close"),
        action=text(found, "action"),
        state=text(found, "position", "state"),
        qty=number(found, "position", "qty"),
        entry=number(found, "position", "entry"),
        stop=number(found, "position", "stop"),
        target=number(found, "position", "target"),
        unrealised=number(found, "position", "unrealised"),
        realised=number(found, "position", "realised"),
        bars_held=whole(found, "position", "bars_held"),
        regime=text(found, "regime"),
        final=number(found, "final"),
        confidence=number(found, "confidence"),
        blocking=text(found, "blocking"),
        quarantined="data_quarantine" in texts(found, "reasons"),
        listing=listing,
    )
