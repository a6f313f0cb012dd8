"""A limit that was passed."""

from __future__ import annotations

from typing import NamedTuple


class Trip(NamedTuple):
    """The figure and the limit that it passed; fractions of `base`, an amount in the portfolio's currency."""

    rule: str
    key: str  # symbol, group or first symbol of a cluster; `*` for the portfolio
    figure: float
    limit: float
    base: float
