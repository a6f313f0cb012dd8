"""One-day value at risk and expected shortfall at 99%, parametric and historical, and each symbol's part of it.

Jorion, Value at Risk, 2007; Acerbi & Tasche, 2002; sample quantile 7 of Hyndman & Fan, 1996.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from worker.engine.kernel import kernel
from worker.risk.figures.gram import Floats

TAIL = 0.01
Z_99 = 2.3263478740408408
ES_99 = 2.665214220345808  # φ(z)/0.01
WINDOW = 500  # returns of the historical figures


class Losses(NamedTuple):
    """Losses as positive fractions, in the unit of time of the returns."""

    var: float
    es: float

    def scaled(self, factor: float) -> Losses:
        """Return both times a factor."""
        return Losses(self.var * factor, self.es * factor)


@kernel
def _product(out, matrix, vector):  # type: ignore[no-untyped-def]
    for i in range(matrix.shape[0]):
        total = 0.0
        for j in range(matrix.shape[1]):
            total += matrix[i, j] * vector[j]
        out[i] = total


@kernel
def _total(out, values):  # type: ignore[no-untyped-def]
    for i in range(values.size):
        out[0] += values[i]


def product(matrix: Floats, vector: Floats) -> Floats:
    """Return the matrix (n, p) times the vector (p,), each sum in the order of the columns; shape (n,)."""
    out = np.empty(matrix.shape[0])
    _product(out, np.ascontiguousarray(matrix), vector)
    return out


def total(values: Floats) -> float:
    """Return the sum of values (n,) in their order."""
    out = np.zeros(1)
    _total(out, values)
    return float(out[0])


def parts(shares: Floats, covariance: Floats) -> tuple[float, Floats]:
    """Return σ_p = √(wᵀΣw) and w_i(Σw)_i/σ_p, (p,), whose sum it is; 0 for all where it is 0."""
    terms = shares * product(covariance, shares)
    variance = total(terms)
    if not variance > 0.0:
        return 0.0, np.zeros_like(terms)
    sigma = math.sqrt(variance)
    return sigma, terms / sigma


def parametric(sigma: float) -> Losses:
    """Return z·σ_p and φ(z)/0.01·σ_p: normal returns of mean 0."""
    return Losses(Z_99 * sigma, ES_99 * sigma)


def historical(returns: Floats) -> Losses:
    """Return -q and -mean(r ≤ q) of a portfolio's returns (n,), q their quantile 7 of 1%; 0 without any return.

    Negative where even the worst returns are gains.
    """
    if returns.size == 0:
        return Losses(0.0, 0.0)
    ordered = np.sort(returns)
    place = (ordered.size - 1) * TAIL
    below = int(place)
    low, high = float(ordered[below]), float(ordered[min(below + 1, ordered.size - 1)])
    quantile = low + (high - low) * (place - below)
    worst = ordered[: int(np.searchsorted(ordered, quantile, side="right"))]
    # Rounding may put the quantile of equal returns below each of them.
    shortfall = total(worst) / worst.size if worst.size else quantile
    return Losses(-quantile, -shortfall)
