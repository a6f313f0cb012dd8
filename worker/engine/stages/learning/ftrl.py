"""FTRL-Proximal logistic regression (McMahan et al., KDD 2013, algorithm 1)."""

import math
from typing import Any

import numpy as np

from worker.engine.elementary.logistic import sigmoid
from worker.engine.kernel import embedded
from worker.engine.stages.learning.linear import WEIGHTS, component, margin

STATE = np.dtype(
    [
        ("weights", "f8", (WEIGHTS,)),  # w, always derived from z and n
        ("z", "f8", (WEIGHTS,)),
        ("n", "f8", (WEIGHTS,)),  # Σ g²
    ],
    align=True,
)


@embedded
def _weight(z: float, n: float, p: Any) -> float:
    if abs(z) <= p.l1:
        return 0.0
    shrunk = z - math.copysign(p.l1, z)
    weight: float = -shrunk / ((p.beta + math.sqrt(n)) / p.alpha + p.l2)
    return weight


@embedded
def update(own: Any, x: Any, error: float, p: Any) -> None:
    """Update by error = p - y at `x`: g = error·x, σ = (√(n+g²) - √n)/α, z += g - σ·w, n += g²."""
    for i in range(WEIGHTS):
        g = error * component(x, i)
        n = own.n[i] + g * g
        sigma = (math.sqrt(n) - math.sqrt(own.n[i])) / p.alpha
        own.z[i] += g - sigma * own.weights[i]
        own.n[i] = n
        own.weights[i] = _weight(own.z[i], n, p)


@embedded
def learn(own: Any, x: Any, up: bool, p: Any) -> None:
    """Learn the example (x, up) by one step."""
    update(own, x, sigmoid(margin(own.weights, x)) - (1.0 if up else 0.0), p)
