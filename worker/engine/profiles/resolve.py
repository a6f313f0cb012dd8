"""The profile of a symbol: a function of its name and the configuration, never of its data or of the time."""

from __future__ import annotations

from typing import Literal, NamedTuple

from worker.engine.profiles import table
from worker.engine.profiles.currencies import COINS, STABLE, magnitude
from worker.engine.profiles.form import form_of
from worker.engine.profiles.table import KEYS, Name, Profile

HALF_WEEK = 84.0  # hours
WEEK = 168.0


class Asset(NamedTuple):
    """The resolved asset class of a symbol."""

    profile: Name
    quote: str | None  # currency; None = unknown, treated like the dollar
    why: str  # the source of the class, for people

    @property
    def row(self) -> int:
        """Row in the kernels' tables."""
        return KEYS.index((self.profile, magnitude(self.quote)))

    @property
    def defaults(self) -> Profile:
        """The class's values, with the budget in the quote's order of magnitude."""
        return table.profile(self.profile, magnitude(self.quote))


def resolve(
    profile: Name | Literal["auto"],
    symbol: str,
    own: Name | None = None,
    quote: str | None = None,
    open_hours: float | None = None,
) -> Asset:
    """Return the asset class of `symbol`: `own`, else `profile`, else by calendar, quote and symbol.

    `own` and `quote` are the instrument's where configured; `open_hours` per week are those of its calendar, if any.
    Without an instrument's quote, the symbol's form gives it.
    """
    form = form_of(symbol)
    named = quote or form.quote
    if own is not None:
        return Asset(own, named, f"engine.instruments.{symbol}.profile")
    if profile != "auto":
        return Asset(profile, named, "engine.profile")
    if open_hours is not None and open_hours >= WEEK:
        return Asset("crypto", named, "its calendar never closes")
    if form.profile == "futures" or form.profile == "fx":
        return Asset(form.profile, named, "the form of its symbol")
    if open_hours is not None and open_hours < HALF_WEEK:
        return Asset("equity", named, "its calendar is closed most of the week")
    if form.profile is not None:
        return Asset(form.profile, named, "the form of its symbol")
    if quote in COINS or quote in STABLE:
        return Asset("crypto", named, "its quote currency")
    if open_hours is not None:
        return Asset("futures", named, "its calendar is open most of the week")
    return Asset("equity", named, "nothing says otherwise")
