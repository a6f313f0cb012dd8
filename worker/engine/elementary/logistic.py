"""The logistic function on the engine's own exponential."""

from worker.engine.elementary.exponential import exp
from worker.engine.kernel import embedded


@embedded
def sigmoid(x: float) -> float:
    """Return 1/(1 + e^-x) without overflow; NaN for NaN."""
    e = exp(-abs(x))
    return 1.0 / (1.0 + e) if x >= 0.0 else e / (1.0 + e)
