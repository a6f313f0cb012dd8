"""The loop in whose time the regression gate counts."""

from __future__ import annotations

import numpy as np

from worker.engine.kernel import kernel

SHIFTS = np.uint64(13), np.uint64(7), np.uint64(17)  # Marsaglia's xorshift64
SEED = np.uint64(88172645463325252)


@kernel
def calibrate(table, rounds):  # type: ignore[no-untyped-def]
    """Arithmetic, branches and scattered memory, some mix as the engine's; `table` (n,) float64 is changed."""
    state, total = SEED, 0.0
    for _ in range(rounds):
        state ^= state << SHIFTS[0]
        state ^= state >> SHIFTS[1]
        state ^= state << SHIFTS[2]
        at = np.int64(state % np.uint64(table.size))
        value = table[at]
        if value > 0.5:
            total += value * 1.000001
            table[at] = value * 0.75
        else:
            total -= value / 1.000003
            table[at] = value + 0.375
    return total
