"""The last labelled signals: how strong each was, and whether its direction was right.

Labels of neighbouring bars share all but one of their returns, so that 512 of them in a row are worth some 43 that
share none: fitted to those alone, confidence follows noise. From a full ring on every fourth label is kept, and the
ring looks back 2,048 labels.
"""

from typing import Any

import numpy as np

from worker.engine.kernel import embedded

CAPACITY = 512
STRIDE = 4  # of the labels that are kept once the ring is full
FULL = 32_767  # a strength of 1, as it is stored

STATE = np.dtype(
    [
        ("labels", "i8"),  # ever seen
        ("stored", "i8"),  # of them
        ("right", "i8"),  # of those held
        ("signed", "i2", (CAPACITY,)),  # strength·FULL, at least 1, with a minus where the direction was wrong
    ],
    align=True,
)


@embedded
def held(own: Any) -> int:
    """How many outcomes the ring holds."""
    count: int = min(own.stored, CAPACITY)
    return count


@embedded
def store(own: Any, strength: float, right: bool) -> None:
    """Count an outcome, `strength` being in (0, 1], and keep it if it is due; the oldest leaves a full ring."""
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
    """Share of right directions among those held; call it with at least one."""
    rate: float = own.right / held(own)
    return rate
