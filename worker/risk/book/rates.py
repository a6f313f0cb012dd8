"""Rates: the value of one unit of a quote currency in the portfolio's."""

from __future__ import annotations

import math
from collections.abc import Callable

from worker.risk.book.listing import PENCE
from worker.risk.settings import RiskSettings

INVERSE = "1/"


class Rates:
    """The rates of the settings; `close_of` gives a symbol's newest close, NaN for none."""

    def __init__(self, settings: RiskSettings, close_of: Callable[[str], float]) -> None:
        self._settings, self._close_of = settings, close_of

    def of(self, quote: str) -> float:
        """Return the rate of a quote currency, NaN where it is missing."""
        given = self._settings.fx.get(quote)
        if given is None:
            if quote == self._settings.currency:
                return 1.0
            return self.of("GBP") / 100.0 if quote == PENCE else math.nan
        if isinstance(given, float):
            return given
        close = self._close_of(given.removeprefix(INVERSE))
        if not close > 0.0:
            return math.nan
        return 1.0 / close if given.startswith(INVERSE) else close
