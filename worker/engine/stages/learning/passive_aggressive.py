"""Passive-aggressive classification, variant PA-I (Crammer et al., JMLR 7, 2006)."""

from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.learning.linear import WEIGHTS, component, margin


@embedded
def learn(own: Any, x: Any, up: bool, p: Any) -> None:
    """Learn the example (x, up) by one step: w += τ·y·x with τ = min(C, max(0, 1 - y·w·x)/|x|²), y = ±1.

    `own` is FTRL's state; only its weights are used.
    """
    y = 1.0 if up else -1.0
    loss = 1.0 - y * margin(own.weights, x)
    if not loss > 0.0:
        return
    square = 0.0
    for i in range(WEIGHTS):
        square += component(x, i) * component(x, i)
    tau = min(p.aggressiveness, loss / square)
    for i in range(WEIGHTS):
        own.weights[i] += tau * y * component(x, i)
