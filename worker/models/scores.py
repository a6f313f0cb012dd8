"""Scores of probabilities: Brier score, log loss, calibration error and the reliability curve."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Column = NDArray[np.float64]

BINS = 10
SURE = float(np.finfo(float).eps)  # probabilities are clipped this far from 0 and 1


class Reliability(NamedTuple):
    """The reliability curve: one entry per non-empty bin of predicted probability, shape (bins,)."""

    predicted: Column  # mean probability
    observed: Column  # share of outcomes that occurred
    counts: NDArray[np.int64]


def _pair(outcomes: ArrayLike, probabilities: ArrayLike) -> tuple[Column, Column]:
    y, p = np.asarray(outcomes, float), np.asarray(probabilities, float)
    if y.ndim != 1 or y.shape != p.shape or y.size == 0:
        raise ValueError(
            f"outcomes and probabilities have shapes {y.shape} and {p.shape}; give one length of at least 1"
        )
    if not np.isin(y, (0.0, 1.0)).all():
        raise ValueError("outcomes must be 0 or 1")
    if not ((p >= 0.0) & (p <= 1.0)).all():
        raise ValueError("probabilities must lie in [0, 1]")
    return y, p


def brier(outcomes: ArrayLike, probabilities: ArrayLike) -> float:
    """Return the mean squared difference of probability and outcome, [0, 1]; a constant 0.5 gives 0.25 (Brier 1950)."""
    y, p = _pair(outcomes, probabilities)
    return float(np.mean((p - y) ** 2))


def log_loss(outcomes: ArrayLike, probabilities: ArrayLike) -> float:
    """Return the mean of -ln of the probability of the observed outcome, nats; a constant 0.5 gives ln 2."""
    y, p = _pair(outcomes, probabilities)
    happened = np.where(y == 1.0, p, 1.0 - p)
    return float(-np.mean(np.log(np.clip(happened, SURE, 1.0 - SURE))))


def reliability(outcomes: ArrayLike, probabilities: ArrayLike, bins: int = BINS) -> Reliability:
    """Return the curve over `bins` equal bins of [0, 1]; an edge belongs to the bin below it, 0 to the first."""
    y, p = _pair(outcomes, probabilities)
    where = np.searchsorted(np.linspace(0.0, 1.0, bins + 1)[1:-1], p)
    counts = np.bincount(where, minlength=bins)
    held = counts > 0
    predicted, observed = (np.bincount(where, weights=values, minlength=bins)[held] / counts[held] for values in (p, y))
    return Reliability(predicted, observed, counts[held])


def expected_calibration_error(outcomes: ArrayLike, probabilities: ArrayLike, bins: int = BINS) -> float:
    """Return the mean of |predicted - observed| over the bins, weighted by count (Naeini et al., AAAI 2015), [0, 1]."""
    curve = reliability(outcomes, probabilities, bins)
    return float(np.average(np.abs(curve.predicted - curve.observed), weights=curve.counts))
