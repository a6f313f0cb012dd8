"""Highest high and lowest low of the last 14 and 20 bars, the current one included: O(1) unless the extreme leaves."""

from typing import Any

import numpy as np

from worker.engine.history import at
from worker.engine.kernel import embedded

EXTREME = np.dtype([("bar", "i8"), ("price", "f8")], align=True)  # `bar` = number of accepted bars at the extreme
STATE = np.dtype([(name, EXTREME) for name in ("high_14", "low_14", "high_20", "low_20")], align=True)
FEATURES = ()


@embedded
def _highest(own: Any, history: Any, row: Any, period: int) -> None:
    n = history.count
    if n == 1 or row.high >= own.price:
        own.bar = n
        own.price = row.high
    elif n - own.bar >= period:
        own.price = at(history, period - 1).high
        for age in range(period - 1, -1, -1):
            price = at(history, age).high
            if price >= own.price:
                own.bar = n - age
                own.price = price


@embedded
def _lowest(own: Any, history: Any, row: Any, period: int) -> None:
    n = history.count
    if n == 1 or row.low <= own.price:
        own.bar = n
        own.price = row.low
    elif n - own.bar >= period:
        own.price = at(history, period - 1).low
        for age in range(period - 1, -1, -1):
            price = at(history, age).low
            if price <= own.price:
                own.bar = n - age
                own.price = price


@embedded
def update(own: Any, history: Any, row: Any) -> None:
    """Update the extremes by the current bar."""
    _highest(own.high_14, history, row, 14)
    _lowest(own.low_14, history, row, 14)
    _highest(own.high_20, history, row, 20)
    _lowest(own.low_20, history, row, 20)
