"""The last labelled signals: the strength of each, and whether its direction was right.

Labels of neighbouring bars share all but one of their returns: 512 consecutive ones carry as much information as
some 43 disjoint ones, and confidence fitted to those follows noise. Once the ring is full, every fourth label is kept,
and the ring looks back 2,048 labels.
"""

from typing import Any

import numpy as np

from worker.engine.kernel import embedded

CAPACITY = 512
STRIDE = 4  # one label in this many is kept once the ring is full
FULL = 32_767  # the stored value of strength 1

STATE = np.dtype(
    [
        ("labels", "i8"),  # total seen
        ("stored", "i8"),  # total stored
        ("right", "i8"),  # right ones in the ring
        ("signed", "i2", (CAPACITY,)),  # strength·FULL, at least 1, negative where the direction was wrong
    ],
    align=True,
)


@embedded
def held(own: Any) -> int:
    """Return the number of outcomes in the ring."""
    count: int = min(own.stored, CAPACITY)
    return count


@embedded
def store(own: Any, strength: float, right: bool) -> None:
    """Count an outcome, `strength` in (0, 1], and store it if it is due; the oldest leaves a full ring."""
    own.labels += 1
    if own.stored >= CAPACITY and own.labels % STRIDE != 0:
        return
    slot = own.stored % CAPACITY
    if own.signed[slot] > 0:
        own.right -= 1
    level = max(1, min(FULL, int(strength * FULL + 0.5)))
    own.signed[slot] = level if right else -level
    own.right += right
    own.stored += 1


@embedded
def base_rate(own: Any) -> float:
    """Return the share of right directions in the ring, which must not be empty."""
    rate: float = own.right / held(own)
    return rate
