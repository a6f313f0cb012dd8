"""A bucket: the bar of a higher timeframe, built from the symbol's bars."""

from typing import Any

import numpy as np

from worker.engine.kernel import embedded

BUCKET = np.dtype(
    [
        ("start", "i8"),  # epoch ms
        ("bars", "i8"),  # number of its bars; 0 = no bucket
        ("open", "f8"),
        ("high", "f8"),
        ("low", "f8"),
        ("close", "f8"),
        ("volume", "f8"),
    ],
    align=True,
)


@embedded
def start_of(ts: int, offset: int, length: int) -> int:
    """Return the start of the bucket that holds `ts`: floor((ts - offset)/length)·length + offset, all in ms."""
    return (ts - offset) // length * length + offset


@embedded
def begin(bucket: Any, start: int, row: Any) -> None:
    """Begin a bucket with its first bar."""
    bucket.start = start
    bucket.bars = 1
    bucket.open = row.open
    bucket.high = row.high
    bucket.low = row.low
    bucket.close = row.close
    bucket.volume = row.volume


@embedded
def extend(bucket: Any, row: Any) -> None:
    """Add the next bar: highest high, lowest low, last close, volumes added in order."""
    bucket.bars += 1
    bucket.high = max(bucket.high, row.high)
    bucket.low = min(bucket.low, row.low)
    bucket.close = row.close
    bucket.volume += row.volume


@embedded
def move(bucket: Any, into: Any) -> None:
    """Move the bucket's content to `into`, and clear it."""
    into.start = bucket.start
    into.bars = bucket.bars
    into.open = bucket.open
    into.high = bucket.high
    into.low = bucket.low
    into.close = bucket.close
    into.volume = bucket.volume
    bucket.bars = 0
