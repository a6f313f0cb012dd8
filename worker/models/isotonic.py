"""Isotonic regression by pooling adjacent violators, for calibration tables fitted offline (domain §7.3)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Column = NDArray[np.float64]


class Isotonic(NamedTuple):
    """A rising table: linear between its points, constant beyond them (Zadrozny, Elkan, KDD 2002)."""

    x: Column  # shape (knots,), strictly rising
    y: Column  # never falling

    def predict(self, x: ArrayLike) -> Column:
        """Return the table's values at `x`, in its shape; NaN at NaN."""
        found: Column = np.interp(np.asarray(x, float), self.x, self.y)
        return found


def _by_value(x: Column, y: Column) -> tuple[Column, Column, Column]:
    """Return the rising distinct values of `x`, the mean of `y` at each, and the count of each."""
    values, where, counts = np.unique(x, return_inverse=True, return_counts=True)
    return values, np.bincount(where, weights=y) / counts, counts.astype(float)


def _pool(means: Column, weights: Column) -> Column:
    """Return the rising sequence nearest to `means` in weighted squares: falling blocks are merged into their mean."""
    blocks: list[tuple[float, float, int]] = []  # mean, weight, length
    for mean, weight in zip(means.tolist(), weights.tolist(), strict=True):
        length = 1
        while blocks and blocks[-1][0] >= mean:
            other, other_weight, other_length = blocks.pop()
            mean = (other * other_weight + mean * weight) / (other_weight + weight)
            weight, length = other_weight + weight, other_length + length
        blocks.append((mean, weight, length))
    return np.repeat([block[0] for block in blocks], [block[2] for block in blocks])


def fit(x: ArrayLike, y: ArrayLike) -> Isotonic:
    """Fit outcomes `y` to scores `x` (same length, at least one, all finite).

    Raises:
        ValueError: the arrays are of other shapes, or hold a number that is not finite.
    """
    scores, outcomes = np.asarray(x, float), np.asarray(y, float)
    if scores.ndim != 1 or scores.shape != outcomes.shape or scores.size == 0:
        raise ValueError(f"x and y have shapes {scores.shape} and {outcomes.shape}; give one length of at least 1")
    if not (np.isfinite(scores).all() and np.isfinite(outcomes).all()):
        raise ValueError("x and y must be finite")
    values, means, weights = _by_value(scores, outcomes)
    pooled = _pool(means, weights)
    # A knot inside a constant stretch adds nothing.
    told = np.ones(pooled.size, bool)
    told[1:-1] = (pooled[1:-1] != pooled[:-2]) | (pooled[1:-1] != pooled[2:])
    return Isotonic(values[told], pooled[told])
