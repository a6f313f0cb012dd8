"""Calibration tables fitted to out-of-sample predictions: Platt's curve or an isotonic one (domain §7.3)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from worker.models.description.calibration import Table
from worker.training.estimators import module

FEWEST, ISOTONIC_FROM = 100, 500  # labels
LOW, HIGH = 0.01, 0.99  # no finite sample proves more
CURVE_POINTS = 33
METHODS = ("auto", "platt", "isotonic", "none")


def calibrate(p: NDArray[np.float64], up: NDArray[np.int64], method: str = "auto") -> Table | None:
    """Fit a table to out-of-sample predictions `p` (n,); None = identity.

    `auto`: identity below 100 labels, Platt below 500, isotonic from there.
    """
    if method == "none" or len(p) < FEWEST or len(np.unique(up)) < 2:
        return None
    if method == "auto":
        method = "platt" if len(p) < ISOTONIC_FROM else "isotonic"
    return _platt(p, up) if method == "platt" else _isotonic(p, up)


def _isotonic(p: NDArray[np.float64], up: NDArray[np.int64]) -> Table:
    fitted = module("sklearn.isotonic").IsotonicRegression(out_of_bounds="clip", y_min=LOW, y_max=HIGH).fit(p, up)
    points = zip(fitted.X_thresholds_.tolist(), fitted.y_thresholds_.tolist(), strict=True)
    return [(round(x, 9), round(y, 9)) for x, y in points]


def _platt(p: NDArray[np.float64], up: NDArray[np.int64]) -> Table:
    # A weak penalty stands for Platt's shrunken targets: both keep the slope finite where classes are separable.
    logits = np.log(np.clip(p, 1e-6, 1 - 1e-6) / (1.0 - np.clip(p, 1e-6, 1 - 1e-6)))
    fitted = module("sklearn.linear_model").LogisticRegression(C=100.0).fit(logits[:, None], up)
    ends = np.linspace(logits.min(), logits.max(), CURVE_POINTS)
    curve = np.clip(fitted.predict_proba(ends[:, None])[:, 1], LOW, HIGH)
    if curve[-1] < curve[0]:  # the predictions are worse than none: only the base rate is left
        curve[:] = np.clip(up.mean(), LOW, HIGH)
    found = {round(float(x), 9): round(float(y), 9) for x, y in zip(1.0 / (1.0 + np.exp(-ends)), curve, strict=True)}
    return sorted(found.items())
