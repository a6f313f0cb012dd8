"""AR(2) of standardised returns by recursive least squares with forgetting (Ljung, System Identification, §11.2)."""

import math
from typing import Any

import numpy as np

from worker.engine.kernel import embedded

FORGETTING = 0.995
START = 100.0  # P₀ = START·I: little is known at first
LARGEST = 1e8  # above it P no longer forgets: returns have carried no information for long

STATE = np.dtype(
    [
        ("count", "i8"),
        ("last", "f8"),  # u₁ and u₂, the two previous returns
        ("second", "f8"),
        ("phi1", "f8"),
        ("phi2", "f8"),
        ("p11", "f8"),
        ("p12", "f8"),
        ("p22", "f8"),
    ],
    align=True,
)


@embedded
def _learn(own: Any, x1: float, x2: float, error: float) -> None:
    """Update φ by k = Px/(λ + xᵀPx), θ += k·e, P = (P - k·xᵀP)/λ; P stays symmetric, as one off-diagonal is stored."""
    px1 = own.p11 * x1 + own.p12 * x2
    px2 = own.p12 * x1 + own.p22 * x2
    denominator = FORGETTING + x1 * px1 + x2 * px2
    k1, k2 = px1 / denominator, px2 / denominator
    own.phi1 += k1 * error
    own.phi2 += k2 * error
    memory = FORGETTING if own.p11 + own.p22 < LARGEST else 1.0
    own.p11 = (own.p11 - k1 * px1) / memory
    own.p12 = (own.p12 - 0.5 * (k1 * px2 + k2 * px1)) / memory
    own.p22 = (own.p22 - k2 * px2) / memory


@embedded
def advance(own: Any, u: float) -> float:
    """Update by the return `u`; return the error of its forecast, NaN for the first two."""
    error = math.nan
    if own.count == 0:
        own.p11 = own.p22 = START
    if own.count >= 2:
        error = u - (own.phi1 * own.last + own.phi2 * own.second)
        _learn(own, own.last, own.second, error)
    own.second = own.last
    own.last = u
    own.count += 1
    return error


@embedded
def stationary(own: Any) -> bool:
    """Return whether the forecasts of the fitted model stay bounded (the triangle of AR(2))."""
    inside: bool = abs(own.phi2) < 1.0 and abs(own.phi1) < 1.0 - own.phi2
    return inside


@embedded
def total_ahead(own: Any, steps: int) -> float:
    """Return the expected sum of the next `steps` returns."""
    last, second, total = own.last, own.second, 0.0
    for _ in range(steps):
        following = own.phi1 * last + own.phi2 * second
        total += following
        second, last = last, following
    return total


@embedded
def inflation(own: Any, steps: int) -> float:
    """Return the variance of that sum's error in variances of one return.

    It is Σ(ψ₀ + … + ψ_j)², ψ_j = φ₁ψ_{j-1} + φ₂ψ_{j-2}.
    """
    last, second, total, variance = 1.0, 0.0, 1.0, 1.0
    for _ in range(steps - 1):
        following = own.phi1 * last + own.phi2 * second
        total += following
        variance += total * total
        second, last = last, following
    return variance
