"""The last `capacity` values of a series, in order of arrival."""

from __future__ import annotations

import numpy as np

from worker.engine.kernel import embedded


def ring(capacity: int) -> np.dtype[np.void]:
    """Return the dtype of a ring of `capacity` float64 values; all zero is the empty ring."""
    return np.dtype([("count", "i8"), ("values", "f8", (capacity,))], align=True)


@embedded
def push(window, value):  # type: ignore[no-untyped-def]
    """Append `value`; return the value that leaves, NaN while the ring is not full."""
    capacity = window.values.shape[0]
    slot = window.count % capacity
    leaving = window.values[slot] if window.count >= capacity else np.nan
    window.values[slot] = value
    window.count += 1
    return leaving


@embedded
def size(window):  # type: ignore[no-untyped-def]
    """Return the number of values in the ring."""
    return min(window.count, window.values.shape[0])


@embedded
def at(window, age):  # type: ignore[no-untyped-def]
    """Return the value `age` pushes ago, 0 = the newest. `age` < size."""
    return window.values[(window.count - 1 - age) % window.values.shape[0]]
