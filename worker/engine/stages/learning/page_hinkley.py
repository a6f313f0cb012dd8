"""Page-Hinkley test for a change of the mean, to either side (Page, Biometrika 41, 1954), with fading sums."""

from typing import Any

import numpy as np

from worker.engine.kernel import embedded

MIN_COUNT = 30
DELTA = 0.005  # tolerated change
THRESHOLD = 50.0  # λ
ALPHA = 0.9999  # fading of the sums

STATE = np.dtype(
    [
        ("count", "i8"),
        ("mean", "f8"),
        ("rise", "f8"),  # fading sum of x - mean - δ
        ("lowest", "f8"),  # minimum of `rise`
        ("fall", "f8"),  # fading sum of x - mean + δ
        ("highest", "f8"),  # maximum of `fall`
    ],
    align=True,
)


@embedded
def reset(own: Any) -> None:
    """Restart the test."""
    own.count = 0
    own.mean = 0.0
    own.rise = 0.0
    own.lowest = 0.0
    own.fall = 0.0
    own.highest = 0.0


@embedded
def update(own: Any, x: float) -> bool:
    """Add `x`; return whether the mean has changed, after which the test restarts."""
    own.count += 1
    own.mean += (x - own.mean) / own.count
    own.rise = ALPHA * own.rise + (x - own.mean) - DELTA
    own.fall = ALPHA * own.fall + (x - own.mean) + DELTA
    own.lowest = own.rise if own.count == 1 else min(own.lowest, own.rise)
    own.highest = own.fall if own.count == 1 else max(own.highest, own.fall)
    if own.count < MIN_COUNT:
        return False
    if own.rise - own.lowest > THRESHOLD or own.highest - own.fall > THRESHOLD:
        reset(own)
        return True
    return False
