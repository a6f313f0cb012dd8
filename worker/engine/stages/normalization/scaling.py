"""Location and scale of a window, and their application to a value."""

from __future__ import annotations

import math

import numpy as np

from worker.engine.kernel import embedded
from worker.engine.stages.normalization.series import constant
from worker.engine.stages.normalization.settings import Method
from worker.engine.windows import moments, sorted_window

EPSILON = 2.0**-52
MINMAX, ROBUST = int(Method.minmax), int(Method.robust)


@embedded
def _indistinct(mean, variance, n):  # type: ignore[no-untyped-def]
    # Bound on the rounding error of a two-pass variance: below it the window is constant (scikit-learn's test).
    error = n * mean * EPSILON
    return not variance > n * EPSILON * variance + error * error


@embedded
def location_and_scale(window, n, p):  # type: ignore[no-untyped-def]
    """Return (location, scale, degenerate) of a window of `n` >= 2 values; scale 0 = the window is constant."""
    location = moments.mean(window.moments, n)
    variance = moments.variance(window.moments, n, 0)
    if constant(window, n) or not np.isfinite(variance) or _indistinct(location, variance, n):
        return location, 0.0, True
    sigma = math.sqrt(variance)
    if p.method == MINMAX:
        lowest = window.sorted.values[0]
        return lowest, window.sorted.values[n - 1] - lowest, False
    if p.method == ROBUST:
        spread = sorted_window.quantile(window.sorted, 0.75) - sorted_window.quantile(window.sorted, 0.25)
        return sorted_window.median(window.sorted), spread if spread > 0 else sigma, not spread > 0
    return location, sigma, False


@embedded
def scaled(value, location, scale, clip):  # type: ignore[no-untyped-def]
    """Return `value` on the window's scale, at most `clip` in magnitude; exactly 0 without a scale."""
    if scale == 0.0:
        return 0.0
    return min(max((value - location) / scale, -clip), clip)
