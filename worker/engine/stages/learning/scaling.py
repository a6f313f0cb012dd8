"""Standardised inputs: each by its own exponentially fading mean and variance, clipped."""

import math
from typing import Any

import numpy as np

from worker.engine.kernel import embedded
from worker.engine.stages.learning.inputs import COUNT
from worker.engine.windows.fading import share

DECAY = 0.998  # the statistics remember some 500 bars
CLIP = 5.0  # standard deviations
CONSTANT = 1e-12  # a standard deviation below this share of |mean| is rounding: the input is constant

STATE = np.dtype(
    [
        ("count", "i8"),  # bars behind the statistics
        ("values", "f8", (COUNT,)),  # the newest inputs, unscaled
        ("mean", "f8", (COUNT,)),
        ("variance", "f8", (COUNT,)),
    ],
    align=True,
)


@embedded
def advance(own: Any) -> None:
    """Update the statistics by `own.values`: m += s·(x-m), v = (1-s)·(v + s·(x-m)²) with the previous m (West 1979)."""
    own.count += 1
    s = share(own.count, DECAY)
    for i in range(COUNT):
        distance = own.values[i] - own.mean[i]
        own.mean[i] += s * distance
        own.variance[i] = (1.0 - s) * (own.variance[i] + s * distance * distance)


@embedded
def standardise(own: Any, x: Any) -> None:
    """Write (value - mean)/sd, within ±CLIP, of every input into `x`; 0 for a constant input."""
    for i in range(COUNT):
        sd = math.sqrt(own.variance[i])
        if sd > CONSTANT * abs(own.mean[i]):
            x[i] = max(-CLIP, min(CLIP, (own.values[i] - own.mean[i]) / sd))
        else:
            x[i] = 0.0
