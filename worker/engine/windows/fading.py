"""Exponentially fading means that start as plain means, so that the first values are unbiased."""

from worker.engine.kernel import embedded


@embedded
def share(count: int, decay: float) -> float:
    """Return the weight of the newest of `count` values in the mean: 1/count, later 1 - decay (0 < decay < 1)."""
    return max(1.0 / count, 1.0 - decay)
