"""The one-day losses of a portfolio in which some symbols can't be modelled."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from worker.risk.figures.gram import Floats
from worker.risk.figures.losses import ES_99, WINDOW, Z_99, Losses, historical, parametric, parts, product, total
from worker.risk.figures.model import Model


class PortfolioLosses(NamedTuple):
    """Fractions of the equity, over one day."""

    parametric: Losses
    historical: Losses
    components: Floats  # (n,): each symbol's part of the parametric value at risk, whose sum it is

    @property
    def larger(self) -> Losses:
        """The larger of both figures, which counts."""
        return Losses(*(max(pair) for pair in zip(self.parametric, self.historical, strict=True)))


def portfolio_losses(shares: Floats, of: Model, sigma: Floats, day_returns: float) -> PortfolioLosses:
    """Return the losses of positions N/E, (n,), whose daily volatilities as stated are `sigma`.

    A symbol that is not modelled moves with the rest, always to the portfolio's disadvantage: its volatility is added.
    """
    day = math.sqrt(day_returns)
    mine = shares[of.modelled]
    deviation, of_each = parts(mine, of.covariance)
    components = Z_99 * np.abs(shares) * sigma
    components[of.modelled] = 0.0
    others = total(components) / Z_99
    components[of.modelled] = (Z_99 * day) * of_each
    seen = historical(product(of.returns[-WINDOW:], mine)).scaled(day)
    return PortfolioLosses(
        parametric(deviation * day + others),
        Losses(seen.var + Z_99 * others, seen.es + ES_99 * others),
        components,
    )
