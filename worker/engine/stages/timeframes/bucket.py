"""A bucket: the bar of a higher timeframe that forms from the symbol's bars."""

from typing import Any

import numpy as np

from worker.engine.kernel import embedded

BUCKET = np.dtype(
    [
        ("start", "i8"),  # epoch ms
        ("bars", "i8"),  # taken into it; 0 = there is no bucket
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
    """Start of the bucket that holds `ts`: floor((ts - offset)/length)·length + offset, all in ms."""
    return (ts - offset) // length * length + offset


@embedded
def begin(bucket: Any, start: int, row: Any) -> None:
    """A new bucket from its first bar."""
    bucket.start = start
    bucket.bars = 1
    bucket.open = row.open
    bucket.high = row.high
    bucket.low = row.low
    bucket.close = row.close
    bucket.volume = row.volume


@embedded
def extend(bucket: Any, row: Any) -> None:
    """Take the next bar: highest high, lowest low, last close, volumes added in order."""
    bucket.bars += 1
    bucket.high = max(bucket.high, row.high)
    bucket.low = min(bucket.low, row.low)
    bucket.close = row.close
    bucket.volume += row.volume


@embedded
def move(bucket: Any, into: Any) -> None:
    """Hand the bucket's content over, and leave none."""
    into.start = bucket.start
    into.bars = bucket.bars
    into.open = bucket.open
    into.high = bucket.high
    into.low = bucket.low
    into.close = bucket.close
    into.volume = bucket.volume
    bucket.bars = 0
