"""Mean and variance of a sliding window, O(1) per value, without loss of digits (domain §2).

Sums are taken of x - K for a shift K inside the window. They are rebuilt from the window's values when the
time boundary of 64 intervals is passed (so that two engines agree to the bit, wherever they started) and when the
leaving value has removed most of the sum (so that no digits are lost).
"""

from __future__ import annotations

import numpy as np

from worker.engine.kernel import embedded

REBUILD_INTERVALS = 64
LOST = 1e-3  # a second moment below this share of its peak has lost three digits or more

MOMENTS = np.dtype(
    [
        ("shift", "f8"),
        ("total", "f8"),  # of x - shift
        ("squares", "f8"),  # of (x - shift)^2
        ("peak", "f8"),  # largest `squares`, after an addition and before the subtraction, since the last rebuild
    ],
    align=True,
)


@embedded
def block(ts, interval_ms, known):  # type: ignore[no-untyped-def]
    """Return the 64-interval block of time that holds `ts`: windowed sums are rebuilt when it changes.

    `known` = block of an earlier bar of this interval, or 0: no division is needed where it is the same.
    """
    length = REBUILD_INTERVALS * interval_ms
    start = known * length
    return known if start <= ts < start + length else ts // length


@embedded
def restart(moments, shift):  # type: ignore[no-untyped-def]
    """Empty the sums and set `shift` (the window's mean, or its first value)."""
    moments.shift = shift
    moments.total = 0.0
    moments.squares = 0.0
    moments.peak = 0.0


@embedded
def add(moments, value):  # type: ignore[no-untyped-def]
    """Add a value."""
    distance = value - moments.shift
    moments.total += distance
    moments.squares += distance * distance
    moments.peak = max(moments.peak, moments.squares)


@embedded
def drop(moments, value):  # type: ignore[no-untyped-def]
    """Remove a value that was added."""
    distance = value - moments.shift
    moments.total -= distance
    moments.squares -= distance * distance


@embedded
def centred_squares(moments, n):  # type: ignore[no-untyped-def]
    """Return the sum of (x - mean)^2 over the `n` values held, never negative."""
    squares = moments.squares - moments.total * moments.total / n
    return 0.0 if squares < 0.0 else squares  # NaN, after an overflow, stays NaN


@embedded
def lost(moments, n):  # type: ignore[no-untyped-def]
    """Return whether the sums have lost digits and must be rebuilt; not valid for a constant window."""
    return not moments.squares - moments.total * moments.total / n >= LOST * moments.peak


@embedded
def settle(moments):  # type: ignore[no-untyped-def]
    """End a rebuild (`restart` with the mean, then `add` oldest to newest): reset the peak."""
    moments.peak = moments.squares


@embedded
def mean(moments, n):  # type: ignore[no-untyped-def]
    """Return the mean of the `n` >= 1 values held."""
    return moments.shift + moments.total / n


@embedded
def variance(moments, n, ddof):  # type: ignore[no-untyped-def]
    """Return the variance of the `n` values held with divisor n - ddof; NaN where that is not positive."""
    return centred_squares(moments, n) / (n - ddof) if n > ddof else np.nan
