"""Sum of the absolute values in a ring, O(1) per value, without drift."""

from __future__ import annotations

import numpy as np

from worker.engine.kernel import embedded
from worker.engine.windows import ring

LOST = 1e-3  # a total below this share of its peak has lost three digits or more: rebuild it

SUM = np.dtype(
    [
        ("total", "f8"),
        ("peak", "f8"),  # largest total, taken before the subtraction, since the last exact sum
    ],
    align=True,
)


@embedded
def slide(running, window, value):  # type: ignore[no-untyped-def]
    """Push `value` into `window`, update `running`, the sum of its |values|; return the leaving value, NaN = none."""
    leaving = ring.push(window, value)
    running.total += abs(value)
    running.peak = max(running.peak, running.total)
    if not np.isnan(leaving):
        running.total -= abs(leaving)
        if not running.total >= LOST * running.peak:
            rebuild(running, window)
    return leaving


@embedded
def rebuild(running, window):  # type: ignore[no-untyped-def]
    """Sum the window's values again, oldest to newest."""
    total = 0.0
    for age in range(ring.size(window) - 1, -1, -1):
        total += abs(ring.at(window, age))
    running.total = total
    running.peak = total
