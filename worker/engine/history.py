"""The shared history of a symbol's accepted bars: one row per bar, read by every window."""

from __future__ import annotations

import numpy as np

from worker.engine.kernel import embedded

CAPACITY = 128  # bars; a power of two, as for every ring read by `at`, so that the index is a mask

ROW = np.dtype(
    [
        ("ts", "i8"),
        ("open", "f8"),
        ("high", "f8"),  # effective high and low: after wick clipping (domain §1.2 rule 17)
        ("low", "f8"),
        ("close", "f8"),
        ("volume", "f8"),
        ("logret", "f8"),  # ln(close / previous close), NaN at the first bar
    ],
    align=True,
)

STATE = np.dtype([("count", "i8"), ("rows", ROW, (CAPACITY,))], align=True)


@embedded
def at(history, age):  # type: ignore[no-untyped-def]
    """Return the row `age` bars ago: 0 is the current bar after its push. `age` < min(count, rows of the ring)."""
    return history.rows[(history.count - 1 - age) & (history.rows.shape[0] - 1)]


@embedded
def push(history, ts, open_, high, low, close, volume, logret):  # type: ignore[no-untyped-def]
    """Append an accepted bar."""
    row = history.rows[history.count & (history.rows.shape[0] - 1)]
    row.ts = ts
    row.open = open_
    row.high = high
    row.low = low
    row.close = close
    row.volume = volume
    row.logret = logret
    history.count += 1
