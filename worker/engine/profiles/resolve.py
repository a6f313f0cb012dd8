"""Which profile a symbol has: a function of its name and of what is configured, never of its data or of the time."""

from __future__ import annotations

from typing import Literal, NamedTuple

from worker.engine.profiles import table
from worker.engine.profiles.currencies import COINS, STABLE, magnitude
from worker.engine.profiles.form import form_of
from worker.engine.profiles.table import KEYS, Name, Profile

HALF_WEEK = 84.0  # hours
WEEK = 168.0


class Asset(NamedTuple):
    """What a symbol is taken for."""

    profile: Name
    quote: str | None  # currency; None = not known, taken for one like the dollar
    why: str  # what decided it, for people

    @property
    def row(self) -> int:
        """Of the kernels' tables."""
        return KEYS.index((self.profile, magnitude(self.quote)))

    @property
    def defaults(self) -> Profile:
        """The class's values, the budget in the quote's order of magnitude."""
        return table.profile(self.profile, magnitude(self.quote))


def resolve(
    profile: Name | Literal["auto"],
    symbol: str,
    own: Name | None = None,
    quote: str | None = None,
    open_hours: float | None = None,
) -> Asset:
    """The asset class of `symbol`: `own` over `profile` over what calendar, quote and symbol say.

    `own` and `quote` are the instrument's where it states them, `open_hours` a week those of its calendar where it
    has one. The quote is read from the symbol's form where the instrument states none.
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
