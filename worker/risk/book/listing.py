"""What the settings say of a symbol that the portfolio may hold."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.engine.calendar import compile_calendars
from worker.engine.profiles.currencies import STABLE
from worker.engine.settings import EngineSettings, InstrumentSettings
from worker.risk.settings import RiskSettings

_EURO = frozenset({"EURC", "EURT"})
PENCE = "GBX"  # a hundredth of a pound


class Listing(NamedTuple):
    """One symbol."""

    multiplier: float  # quote value of one unit at price 1
    quote: str  # currency
    group: str | None
    year_days: float  # trading days in a year
    calendar: int  # row of the calendars, -1 for none


class Listings:
    """All symbols under one configuration."""

    def __init__(self, risk: RiskSettings, engine: EngineSettings) -> None:
        self._risk, self._engine = risk, engine
        self.calendars: NDArray[np.int64] = compile_calendars(engine.validation.calendars.values())
        self._plain = InstrumentSettings()

    def of(self, symbol: str) -> Listing:
        """Return a symbol's listing."""
        given = self._engine.instruments.get(symbol, self._plain)
        return Listing(
            given.multiplier,
            self._currency(self._engine.asset_of(symbol).quote),
            given.group,
            float(self._engine.value_of("risk", "year_days", symbol)),
            self._engine.validation.calendar_row(given.calendar),
        )

    def _currency(self, quote: str | None) -> str:
        # An unknown quote counts as the portfolio's currency, a stablecoin as what it stands for, unless it has a rate.
        if quote is None:
            return self._risk.currency
        if quote in STABLE and quote not in self._risk.fx:
            return "EUR" if quote in _EURO else "USD"
        return quote
