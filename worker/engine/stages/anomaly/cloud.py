"""Fading mean and covariance of a vector, and the Mahalanobis distance from them."""

import math
from typing import Any

import numpy as np

from worker.engine.kernel import embedded
from worker.engine.stages.anomaly.inputs import COUNT
from worker.engine.windows.fading import share

DECAY = 0.99
CLIP = 8.0  # values are clipped here before they update the mean and covariance
RIDGE = 1e-3  # added to the variances, so that a constant value has a scale

STATE = np.dtype(
    [
        ("count", "i8"),  # vectors so far
        ("x", "f8", (COUNT,)),  # the newest vector, unclipped
        ("mean", "f8", (COUNT,)),
        ("covariance", "f8", (COUNT, COUNT)),  # lower triangle
        ("factor", "f8", (COUNT, COUNT)),  # L of L·Lᵀ = covariance + ridge, lower triangle
    ],
    align=True,
)


@embedded
def factorise(covariance: Any, factor: Any) -> None:
    """Compute Cholesky's factor of `covariance` + RIDGE·I, row by row; both hold lower triangles."""
    for i in range(COUNT):
        for j in range(i + 1):
            rest = covariance[i, j]
            for k in range(j):
                rest -= factor[i, k] * factor[j, k]
            if i == j:
                factor[i, i] = math.sqrt(rest + RIDGE)
            else:
                factor[i, j] = rest / factor[j, j]


@embedded
def distance(own: Any, y: Any) -> float:
    """Return d² = (x-m)ᵀ(C + RIDGE·I)⁻¹(x-m) = |y|² with L·y = x-m; write `y`, shape (COUNT,)."""
    total = 0.0
    for i in range(COUNT):
        rest = own.x[i] - own.mean[i]
        for k in range(i):
            rest -= own.factor[i, k] * y[k]
        y[i] = rest / own.factor[i, i]
        total += y[i] * y[i]
    return total


@embedded
def advance(own: Any) -> None:
    """Update by `own.x`, clipped: m += s·(x-m), C = (1-s)·(C + s·(x-m)(x-m)ᵀ) with the previous m."""
    own.count += 1
    s = share(own.count, DECAY)
    for i in range(COUNT):
        own.x[i] = max(-CLIP, min(CLIP, own.x[i])) - own.mean[i]
        for j in range(i + 1):
            own.covariance[i, j] = (1.0 - s) * (own.covariance[i, j] + s * own.x[i] * own.x[j])
    for i in range(COUNT):
        own.mean[i] += s * own.x[i]
    factorise(own.covariance, own.factor)
