"""The last labelled signals: how strong each was, and whether its direction was right."""

from typing import Any

import numpy as np

from worker.engine.kernel import kernel

CAPACITY = 256

STATE = np.dtype(
    [
        ("labels", "i8"),  # ever stored
        ("right", "i8"),  # of those held
        ("signed", "f4", (CAPACITY,)),  # strength > 0, with a minus where the direction was wrong
    ],
    align=True,
)


@kernel
def held(own: Any) -> int:
    """How many outcomes the ring holds."""
    count: int = min(own.labels, CAPACITY)
    return count


@kernel
def store(own: Any, strength: float, right: bool) -> None:
    """Keep an outcome; the oldest leaves a full ring."""
    slot = own.labels % CAPACITY
    if own.signed[slot] > 0.0:
        own.right -= 1
    own.signed[slot] = strength if right else -strength
    own.right += right
    own.labels += 1


@kernel
def base_rate(own: Any) -> float:
    """Share of right directions among those held; call it with at least one."""
    rate: float = own.right / held(own)
    return rate
