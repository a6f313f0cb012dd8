"""Shrinkage of a correlation towards the identity (Ledoit & Wolf, J. Multivariate Analysis 88, 2004)."""

from __future__ import annotations

import numpy as np

from worker.engine.kernel import kernel
from worker.risk.figures.gram import Floats

WINDOW = 256  # returns


@kernel
def _standardise(out, returns):  # type: ignore[no-untyped-def]
    count, columns = returns.shape
    for i in range(columns):
        total = 0.0
        for k in range(count):
            total += returns[k, i]
        mean = total / count
        squares = 0.0
        for k in range(count):
            squares += (returns[k, i] - mean) * (returns[k, i] - mean)
        sigma = np.sqrt(squares / count)
        for k in range(count):
            out[k, i] = (returns[k, i] - mean) / sigma if sigma > 0.0 else 0.0


@kernel
def _sums(out, rows, products):  # type: ignore[no-untyped-def]
    # Σ_k |x_k|⁴, Σ_ij (XᵀX)_ij² and the trace of XᵀX.
    for k in range(rows.shape[0]):
        square = 0.0
        for i in range(rows.shape[1]):
            square += rows[k, i] * rows[k, i]
        out[0] += square * square
    for i in range(products.shape[0]):
        for j in range(products.shape[1]):
            out[1] += products[i, j] * products[i, j]
        out[2] += products[i, i]


def standardised(returns: Floats) -> Floats:
    """Return each column (of n, p) less its mean, by its standard deviation; 0 where that is 0."""
    out = np.empty(returns.shape)
    _standardise(out, np.ascontiguousarray(returns))
    return out


def intensity(rows: Floats, products: Floats) -> float:
    """Return δ = b²/d² in [0, 1] of standardised rows (n, p); `products` is their `gram`.

    With S = XᵀX/n and m = tr(S)/p: d² = |S - mI|²/p and b² = min(d², Σ_k |x_k x_kᵀ - S|²/(n²p)).
    """
    count, columns = rows.shape
    sums = np.zeros(3)
    _sums(sums, rows, products)
    fourth, squares, trace = float(sums[0]), float(sums[1]) / (count * count), float(sums[2]) / count
    mean = trace / columns
    distance = squares / columns - mean * mean
    noise = min((fourth / count - squares) / (count * columns), distance)
    return noise / distance if noise > 0.0 else 0.0


def shrunk(covariance: Floats, delta: float) -> Floats:
    """Return the covariance with its correlation C replaced by (1 - δ)C + δI: variances stay."""
    found: Floats = covariance * (1.0 - delta)
    np.fill_diagonal(found, np.diag(covariance))
    return found
