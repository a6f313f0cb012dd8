"""Platt's sigmoid p = 1/(1 + exp(A·f + B)) by Newton's method (Platt 1999; Lin, Lin, Weng, Mach. Learn. 68, 2007)."""

from typing import Any

import numpy as np

from worker.engine.elementary import exp, log
from worker.engine.elementary.logistic import sigmoid
from worker.engine.kernel import embedded
from worker.engine.stages.calibration.outcomes import FULL, held

STATE = np.dtype([("a", "f8"), ("b", "f8")], align=True)

RIDGE = 1e-12  # keeps the Hessian positive definite where all strengths are equal
FLAT = 1e-6  # gradient per outcome at which to stop: one more step of Newton's method squares the error
MOST_STEPS = 100
SHORTEST = 1e-10  # shortest part of Newton's step that halving tries
SUFFICIENT = 1e-4  # decrease of the loss, as a share of the gradient's prediction


@embedded
def targets(right: int, wrong: int) -> tuple[float, float]:
    """Return Platt's targets for right and wrong directions: (N₊+1)/(N₊+2) and 1/(N₋+2)."""
    return (right + 1.0) / (right + 2.0), 1.0 / (wrong + 2.0)


@embedded
def _loss(outcomes: Any, a: float, b: float) -> tuple[float, float, float, float, float, float]:
    """Return (loss, gradient by A and B, Hessian by AA, AB and BB) over the outcomes.

    One logarithm is taken of the product of all 1 + e^-|x|, at most 2^CAPACITY.
    """
    n = held(outcomes)
    hit, miss = targets(outcomes.right, n - outcomes.right)
    linear, product = 0.0, 1.0
    ga = gb = 0.0
    haa, hab, hbb = RIDGE, 0.0, RIDGE
    for i in range(n):
        signed = outcomes.signed[i] / FULL
        f, target = (signed, hit) if signed > 0.0 else (-signed, miss)
        x = a * f + b
        e = exp(-abs(x))
        q = e / (1.0 + e)
        p = q if x >= 0.0 else 1.0 - q
        linear += target * x if x >= 0.0 else (target - 1.0) * x
        product *= 1.0 + e
        slope, curvature = target - p, p * (1.0 - p)
        ga += f * slope
        gb += slope
        haa += f * f * curvature
        hab += f * curvature
        hbb += curvature
    return linear + log(product), ga, gb, haa, hab, hbb


@embedded
def _newton(ga: float, gb: float, haa: float, hab: float, hbb: float) -> tuple[float, float]:
    """Return Newton's step in A and B."""
    determinant = haa * hbb - hab * hab
    return -(hbb * ga - hab * gb) / determinant, -(haa * gb - hab * ga) / determinant


@embedded
def fit(own: Any, outcomes: Any) -> None:
    """Fit A and B to the outcomes in the ring (at least one), from Platt's start."""
    n = held(outcomes)
    a, b = 0.0, log((n - outcomes.right + 1.0) / (outcomes.right + 1.0))
    loss, ga, gb, haa, hab, hbb = _loss(outcomes, a, b)
    da, db = _newton(ga, gb, haa, hab, hbb)
    for _ in range(MOST_STEPS):
        if max(abs(ga), abs(gb)) <= FLAT * n:
            a, b = a + da, b + db
            break
        promised, part, better = SUFFICIENT * (ga * da + gb * db), 1.0, False
        while part >= SHORTEST and not better:
            there = _loss(outcomes, a + part * da, b + part * db)
            better = there[0] < loss + part * promised
            if not better:
                part *= 0.5
        if not better:
            break
        a, b = a + part * da, b + part * db
        loss, ga, gb, haa, hab, hbb = there
        da, db = _newton(ga, gb, haa, hab, hbb)
    own.a, own.b = a, b


@embedded
def probability(own: Any, strength: float) -> float:
    """Return P(direction right) of a signal of this strength."""
    p: float = sigmoid(-(own.a * strength + own.b))
    return p
