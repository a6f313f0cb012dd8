"""All figures of a step, from the book and the account."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.risk.book.account import Account
from worker.risk.book.book import Book, Held
from worker.risk.figures.clusters import clusters
from worker.risk.figures.concentration import Concentration, concentration
from worker.risk.figures.exposure import Exposure, exposure, gross_of, share
from worker.risk.figures.losses import Losses
from worker.risk.figures.model import Model, model
from worker.risk.figures.portfolio_losses import PortfolioLosses, portfolio_losses
from worker.risk.settings import RiskSettings


class Joint(NamedTuple):
    """Symbols that are limited together: those of a group, or of a cluster."""

    name: str  # of the group; of a cluster its first symbol
    share: float  # Σ|N|/E
    places: NDArray[np.int64]  # among the held symbols


class Measured(NamedTuple):
    """The figures; shares are of the equity, and count the orders for the next open unless they say `held`."""

    held: Held
    equity: float
    exposure_held: Exposure
    exposure: Exposure
    shares: NDArray[np.float64]  # |N|/E by symbol
    groups: list[Joint]  # by name
    clusters: list[Joint]  # of two symbols or more, by first symbol
    model: Model
    losses: PortfolioLosses
    concentration: Concentration

    @property
    def loads(self) -> tuple[float, float, Losses]:
        """Gross and net share, value at risk and expected shortfall: what the portfolio's limits are compared with."""
        return *self.exposure.shares(self.equity), self.losses.larger


class Measure:
    """Computes figures, and keeps the model while neither returns nor symbols change."""

    def __init__(self, settings: RiskSettings, book: Book) -> None:
        self._settings, self._book = settings, book
        self._key: tuple[int, bytes] | None = None
        self._model: Model | None = None

    def at(self, account: Account) -> Measured:
        """Compute the figures of the present book at the account's equity."""
        return self.of(self._book.held(), account.equity)

    def of(self, held: Held, equity: float) -> Measured:
        """Compute the figures of positions at an equity, under the model of the book's returns."""
        found = self._modelled(held.slots)
        # Without equity there is no share; the exposure is infinite, and the kill is due.
        shares = held.ordered / equity if equity > 0.0 else np.zeros_like(held.ordered)
        return Measured(
            held,
            equity,
            exposure(held.held),
            exposure(held.ordered),
            np.array([share(abs(value), equity) for value in held.ordered.tolist()]),
            self._groups(held, equity),
            self._clusters(held, found, equity),
            found,
            portfolio_losses(shares, found, held.sigma, self._settings.day_returns),
            concentration(held.ordered),
        )

    def _modelled(self, slots: NDArray[np.int64]) -> Model:
        key = (self._book.returns.count, slots.tobytes())
        if self._model is None or key != self._key:
            window = self._book.returns.of(slots)
            self._key, self._model = key, model(window.returns, window.modelled, self._settings.decay)
        return self._model

    @staticmethod
    def _groups(held: Held, equity: float) -> list[Joint]:
        names = sorted({group for group in held.groups if group is not None})
        labels = np.array([-1 if group is None else names.index(group) for group in held.groups], np.int64)
        gross = gross_of(held.ordered, labels, len(names))
        return [
            Joint(name, share(float(gross[at]), equity), np.flatnonzero(labels == at)) for at, name in enumerate(names)
        ]

    def _clusters(self, held: Held, of: Model, equity: float) -> list[Joint]:
        found = clusters(of.correlation, self._settings.correlation)
        count = int(found.max(initial=-1)) + 1
        # Those that are not modelled are one cluster of their own: nothing shows that they differ.
        labels = np.full(len(held.symbols), count)
        labels[of.modelled] = found
        gross = gross_of(held.ordered, labels, count + 1)
        shared = np.flatnonzero(np.bincount(labels, minlength=count + 1) > 1).tolist()
        members = {at: np.flatnonzero(labels == at) for at in shared}
        joint = [
            Joint(held.symbols[places[0]], share(float(gross[at]), equity), places) for at, places in members.items()
        ]
        return sorted(joint, key=lambda one: one.name)
