"""Guarded division, the zero test and sums over the shared history, oldest to newest."""

import math
from typing import Any

from worker.engine.history import at
from worker.engine.kernel import embedded

DEAD_ZONE = 1e-14  # relative distance within which two values count as equal (domain §0)
LARGEST = 1.7976931348623157e308


@embedded
def equal(a: float, b: float) -> bool:
    """Return whether a - b counts as zero: |a-b| <= 1e-14·(|a|+|b|)."""
    return abs(a - b) <= DEAD_ZONE * (abs(a) + abs(b))


@embedded
def finite(x: float) -> float:
    """Return `x`, or NaN for an overflow."""
    return x if abs(x) <= LARGEST else math.nan


@embedded
def ratio(numerator: float, denominator: float, neutral: float) -> float:
    """Return numerator/denominator; `neutral` where the denominator is 0, NaN where the quotient overflows."""
    return neutral if denominator == 0.0 else finite(numerator / denominator)


@embedded
def close_mean(history: Any, n: int) -> float:
    """Return the mean of the last `n` closes, the current one included."""
    total = 0.0
    for age in range(n - 1, -1, -1):
        total += at(history, age).close
    return finite(total / n)


@embedded
def close_location(row: Any) -> float:
    """Return ((c-l)-(h-c))/(h-l) in [-1, 1]; 0 where h = l."""
    span = 0.0 if equal(row.high, row.low) else row.high - row.low
    return ratio((row.close - row.low) - (row.high - row.close), span, 0.0)


@embedded
def true_range(row: Any, previous_close: float) -> float:
    """Return Wilder's true range: max(h-l, |c1-h|, |c1-l|)."""
    span: float = max(row.high - row.low, abs(previous_close - row.high), abs(previous_close - row.low))
    return span


@embedded
def typical_price(row: Any) -> float:
    """Return the mean of high, low and close."""
    price: float = (row.high + row.low + row.close) / 3.0
    return price


@embedded
def ema(previous: float, x: float, period: int) -> float:
    """Return the next exponential moving average with k = 2/(period+1)."""
    return (x - previous) * (2.0 / (period + 1)) + previous


@embedded
def wilder(previous: float, x: float, period: int) -> float:
    """Return the next Wilder (running) moving average: (previous·(period-1)+x)/period."""
    return (previous * (period - 1) + x) / period
