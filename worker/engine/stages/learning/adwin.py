"""ADWIN on a stream of zeros and ones: a change between any two parts of its window (Bifet, Gavaldà, SDM 2007).

The window is an exponential histogram: row k holds up to five buckets of 2^k values. For zeros and ones the count of
ones determines the variance too, so a bucket is one integer and nothing is rounded. An alarm drops the whole window,
since the learner restarts. The cut test leaves out parts shorter than MIN_PART and counts the rest from there, as
river does.
"""

import math
from typing import Any

import numpy as np

from worker.engine.elementary import log
from worker.engine.kernel import embedded

DELTA = 0.002  # confidence of a cut
CLOCK = 32  # values between two tests
BUCKETS = 5  # per row; one more merges its two oldest
GRACE = 10  # values before the first test
MIN_PART = 5.0
ROWS = 14  # 5·(2^14 - 1) values; beyond them the oldest bucket is dropped

STATE = np.dtype(
    [
        ("ticks", "i8"),  # values since the last alarm
        ("width", "i8"),  # values in the window
        ("ones", "i8"),  # ones in the window
        ("rows", "i8"),  # rows in use
        ("counts", "i4", (ROWS,)),  # buckets per row
        ("buckets", "i4", (ROWS, BUCKETS + 1)),  # ones per bucket, oldest first
    ],
    align=True,
)


@embedded
def reset(own: Any) -> None:
    """Empty the window."""
    own.ticks = 0
    own.width = 0
    own.ones = 0
    own.rows = 0
    for row in range(ROWS):
        own.counts[row] = 0
        for k in range(BUCKETS + 1):
            own.buckets[row, k] = 0


@embedded
def _append(own: Any, row: int, ones: int) -> None:
    own.buckets[row, own.counts[row]] = ones
    own.counts[row] += 1
    own.rows = max(own.rows, row + 1)


@embedded
def _remove(own: Any, row: int, n: int) -> int:
    """Remove the `n` oldest buckets of a row; return the ones in them."""
    buckets, ones = own.buckets[row], 0
    for k in range(n):
        ones += buckets[k]
    for k in range(n, own.counts[row]):
        buckets[k - n] = buckets[k]
    for k in range(own.counts[row] - n, own.counts[row]):
        buckets[k] = 0
    own.counts[row] -= n
    return ones


@embedded
def _compress(own: Any) -> None:
    for row in range(ROWS):
        if own.counts[row] <= BUCKETS:
            return
        if row + 1 < ROWS:
            _append(own, row + 1, _remove(own, row, 2))
        else:
            own.ones -= _remove(own, row, 1)
            own.width -= 1 << row


@embedded
def _differ(n0: float, n1: float, ones0: float, ones1: float, spread: float, confidence: float) -> bool:
    """Return whether the means of two parts differ by more than chance: the bound of the paper's theorem 3.2."""
    if min(n0, n1) < MIN_PART:
        return False
    m = 1.0 / (n0 - MIN_PART + 1.0) + 1.0 / (n1 - MIN_PART + 1.0)
    bound = math.sqrt(2.0 * m * spread * confidence) + 2.0 / 3.0 * confidence * m
    return abs(ones0 / n0 - ones1 / n1) > bound


@embedded
def _cut(own: Any) -> bool:
    """Return whether any cut between two buckets separates two different parts."""
    mean = own.ones / own.width
    spread, confidence = mean * (1.0 - mean), log(2.0 * log(float(own.width)) / DELTA)
    n0, ones0 = 0, 0
    for row in range(own.rows - 1, -1, -1):
        for k in range(own.counts[row]):
            n0 += 1 << row
            ones0 += own.buckets[row, k]
            if _differ(n0, own.width - n0, ones0, own.ones - ones0, spread, confidence):
                return True
    return False


@embedded
def update(own: Any, one: bool) -> bool:
    """Add a zero or a one; return whether the mean has changed, after which the window is empty."""
    own.ticks += 1
    own.width += 1
    own.ones += one
    _append(own, 0, int(one))
    _compress(own)
    if own.ticks % CLOCK != 0 or own.width <= GRACE:
        return False
    if _cut(own):
        reset(own)
        return True
    return False
