"""Samples whose labels follow from their features, or from nothing."""

from __future__ import annotations

import numpy as np

from worker.training.plan import Plan
from worker.training.samples import Samples

FEATURES = ("rsi_14", "natr_14", "clv", "er_20")
HOUR = 3_600_000


def samples(size: int, signal: float, seed: int = 1) -> Samples:
    """Hourly samples with labels that look 12 bars ahead; `signal` 0 = nothing can be learned."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(size, len(FEATURES))).astype(np.float32)
    up = (rng.normal(size=size) < signal * features[:, 2]).astype(np.int64)
    start = np.arange(size, dtype=np.int64) * HOUR
    return Samples(features, up, start, start + 12 * HOUR)


def plan(**changes: object) -> Plan:
    """A plan for these features."""
    return Plan(**({"name": "made-up", "version": "1.0.0", "features": FEATURES} | changes))  # type: ignore[arg-type]
