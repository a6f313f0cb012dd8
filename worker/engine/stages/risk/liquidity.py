"""Mean traded value of the last 20 accepted bars: the measure of a symbol's liquidity."""

from __future__ import annotations

import math

import numpy as np

from worker.engine.kernel import embedded

WINDOW = 20  # bars

TRADED = np.dtype([("count", "i8"), ("values", "f8", (WINDOW,))], align=True)


@embedded
def push(traded, value):  # type: ignore[no-untyped-def]
    """Append one bar's traded value, quote currency."""
    traded.values[traded.count % WINDOW] = value
    traded.count += 1


@embedded
def mean(traded):  # type: ignore[no-untyped-def]
    """Return the mean over 20 bars, summed oldest to newest so that the bits depend on these only; NaN before."""
    if traded.count < WINDOW:
        return math.nan
    total, oldest = 0.0, traded.count % WINDOW
    for slot in range(oldest, WINDOW):
        total += traded.values[slot]
    for slot in range(oldest):
        total += traded.values[slot]
    return total / WINDOW
