"""The values of a window in ascending order: quantiles, rank and MAD. Exact, hence independent of history.

The caller keeps the order of arrival (a ring or the shared history) and decides which value leaves.
"""

from __future__ import annotations

import numpy as np

from worker.engine.intrinsics.memory import move_items
from worker.engine.kernel import embedded


def sorted_window(capacity: int) -> np.dtype[np.void]:
    """Return the dtype of at most `capacity` sorted float64 values; all zero is the empty window."""
    return np.dtype([("count", "i8"), ("values", "f8", (capacity,))], align=True)


@embedded
def canonical(value):  # type: ignore[no-untyped-def]
    """Return `value` with -0.0 made 0.0, so that equal values have equal bits."""
    return 0.0 if value == 0.0 else value


@embedded
def below(window, value):  # type: ignore[no-untyped-def]
    """Count the values strictly below `value`: the index of its first equal.

    Counting all runs in vectors; each step of a binary search would wait for a load and a branch.
    """
    values, found = window.values, 0
    for i in range(window.count):
        found += values[i] < value
    return found


@embedded
def _both_below(window, one, other):  # type: ignore[no-untyped-def]
    values, found, others = window.values, 0, 0
    for i in range(window.count):
        value = values[i]
        found += value < one
        others += value < other
    return found, others


@embedded
def insert(window, value):  # type: ignore[no-untyped-def]
    """Add a value that is not NaN. The window must have room."""
    slot = below(window, value)
    move_items(window.values, slot + 1, slot, window.count - slot)
    window.values[slot] = canonical(value)
    window.count += 1


@embedded
def remove(window, value):  # type: ignore[no-untyped-def]
    """Remove one value equal to `value`, which must be present."""
    window.count -= 1
    slot = below(window, value)
    move_items(window.values, slot, slot + 1, window.count - slot)


@embedded
def replace(window, leaving, value):  # type: ignore[no-untyped-def]
    """Remove and insert in one: only the values between the two move."""
    values = window.values
    hole, slot = _both_below(window, leaving, value)
    if value > leaving:
        slot -= 1  # `leaving` was counted
        move_items(values, hole, hole + 1, slot - hole)
    else:
        move_items(values, slot + 1, slot, hole - slot)
    values[slot] = canonical(value)


@embedded
def slide(window, leaving, value):  # type: ignore[no-untyped-def]
    """Add `value` in place of `leaving`; NaN = nothing leaves."""
    if np.isnan(leaving):
        insert(window, value)
    else:
        replace(window, leaving, value)


@embedded
def quantile(window, q):  # type: ignore[no-untyped-def]
    """Return quantile `q` in [0, 1], Hyndman-Fan type 7 (linear between order statistics); NaN when empty."""
    if window.count == 0:
        return np.nan
    position = (window.count - 1) * q
    lower = int(position)
    value = window.values[lower]
    if lower + 1 < window.count:
        value += (position - lower) * (window.values[lower + 1] - value)
    return value


@embedded
def median(window):  # type: ignore[no-untyped-def]
    """Return the middle value, or the mean of the middle two; NaN when empty."""
    n = window.count
    if n == 0:
        return np.nan
    upper = window.values[n >> 1]
    return upper if n & 1 else 0.5 * (window.values[(n >> 1) - 1] + upper)


@embedded
def _deviation(values, split, centre, left, right):  # type: ignore[no-untyped-def]
    # Element `left` of the falling run of values below the split, or element `right` of the rising one above it.
    return centre - values[split - 1 - left], values[split + right] - centre


@embedded
def _middle_deviations(window, centre, split, k):  # type: ignore[no-untyped-def]
    # The k-th (from 0) and the one before of the ascending |value - centre|: both sides of the centre are sorted runs,
    # so O(log w). The one before is -inf for k = 0.
    values, n = window.values, window.count
    # `low` becomes the number of the k smallest that come from the left run
    low, high = max(0, k - (n - split)), min(k, split)
    while low < high:
        taken = (low + high) >> 1
        left, right = _deviation(values, split, centre, taken, k - taken - 1)
        if left < right:
            low = taken + 1
        else:
            high = taken
    right_taken = k - low
    left = centre - values[split - 1 - low] if low < split else np.inf
    right = values[split + right_taken] - centre if split + right_taken < n else np.inf
    left_before = centre - values[split - low] if low > 0 else -np.inf
    right_before = values[split + right_taken - 1] - centre if right_taken > 0 else -np.inf
    return max(left_before, right_before), min(left, right)


@embedded
def mad(window, centre):  # type: ignore[no-untyped-def]
    """Return the median of |value - centre|; NaN when empty."""
    n = window.count
    if n == 0:
        return np.nan
    lower, upper = _middle_deviations(window, centre, below(window, centre), n >> 1)
    return upper if n & 1 else 0.5 * (lower + upper)
