"""Holt's linear trend with damping, on ln c (Hyndman, Koehler, Ord, Snyder 2008; ETS(A,Ad,N))."""

import math
from typing import Any

import numpy as np

from worker.engine.kernel import embedded

STATE = np.dtype([("count", "i8"), ("level", "f8"), ("trend", "f8")], align=True)


@embedded
def advance(own: Any, x: float, p: Any) -> float:
    """Update by `x`: l = α·x + (1-α)·(l₁ + φb₁), b = β·(l - l₁) + (1-β)·φb₁, from l = x and b = 0.

    Return the forecast's error e, NaN for the first value. Both updates are written as corrections by e, so that a
    constant value leaves them unchanged to the bit.
    """
    own.count += 1
    if own.count == 1:
        own.level = x
        return math.nan
    drift = p.phi * own.trend
    expected = own.level + drift
    error: float = x - expected
    own.level = expected + p.alpha * error
    own.trend = drift + p.alpha * p.beta * error
    return error


@embedded
def ahead(own: Any, steps: int, p: Any) -> float:
    """Return the value expected `steps` bars from now: l + Σφ^i·b."""
    damping, total = 1.0, 0.0
    for _ in range(steps):
        damping *= p.phi
        total += damping
    value: float = own.level + total * own.trend
    return value


@embedded
def inflation(steps: int, p: Any) -> float:
    """Return the variance of the error `steps` bars ahead, in variances of one bar: 1 + Σ(α + αβ·(φ + … + φ^j))²."""
    damping, total, variance = 1.0, 0.0, 1.0
    for _ in range(steps - 1):
        damping *= p.phi
        total += damping
        weight = p.alpha * (1.0 + p.beta * total)
        variance += weight * weight
    return variance
