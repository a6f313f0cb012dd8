"""How good probabilities are: Brier score, log-loss, calibration error."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BINS = 10
SMALLEST = 1e-12  # a probability of 0 that comes true would cost an infinite log-loss


class Quality(NamedTuple):
    """Means over a set of predictions; less is better."""

    brier: float
    log_loss: float
    ece: float  # expected calibration error over 10 equal bins


def quality(p: NDArray[np.float64], up: NDArray[np.int64]) -> Quality:
    """Return the quality of probabilities (n,) of outcomes (n,) in {0, 1}."""
    clipped = np.clip(p, SMALLEST, 1.0 - SMALLEST)
    log_loss = -np.mean(np.where(up == 1, np.log(clipped), np.log1p(-clipped)))
    return Quality(float(np.mean((p - up) ** 2)), float(log_loss), calibration_error(p, up))


def calibration_error(p: NDArray[np.float64], up: NDArray[np.int64]) -> float:
    """Return the mean over predictions of |mean prediction - share that came true| of their bin."""
    bins = np.minimum((p * BINS).astype(np.int64), BINS - 1)
    predicted, true = (np.bincount(bins, weights=values, minlength=BINS) for values in (p, up.astype(np.float64)))
    return float(np.abs(predicted - true).sum() / len(p))
