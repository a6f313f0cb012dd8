"""A model's calibration table: linear between its points, constant beyond them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.engine.kernel import kernel

Table = list[tuple[float, float]]
MAX_POINTS = 1_000


def check_table(table: Sequence[tuple[float, float]]) -> None:
    """Check that a table maps probabilities to probabilities in rising order.

    Raises:
        ValueError: it does not.
    """
    if not 1 <= len(table) <= MAX_POINTS:
        raise ValueError(f"a calibration has 1 to {MAX_POINTS} points")
    if not all(math.isfinite(value) and 0.0 <= value <= 1.0 for point in table for value in point):
        raise ValueError("a calibration has values outside 0 to 1")
    for (x0, y0), (x1, y1) in pairwise(table):
        if not x0 < x1 or y1 < y0:
            raise ValueError("a calibration's inputs must rise and its probabilities never fall")


class Calibration:
    """The table's points as arrays, (m,) each; no table is the identity."""

    def __init__(self, table: Sequence[tuple[float, float]] | None) -> None:
        if table is not None:
            check_table(table)
        self.x = np.array([x for x, _ in table or ()], np.float64)
        self.y = np.array([y for _, y in table or ()], np.float64)

    def __call__(self, p: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the calibrated probabilities of `p` (n,), finite."""
        found = p.astype(np.float64)
        _calibrate(self.x, self.y, found)
        return found


@kernel
def interpolate(x: Any, y: Any, p: float) -> float:
    """Return the probability that the table (m,) gives `p`, a finite number."""
    last = x.size - 1
    if last < 0:
        return p
    if p <= x[0]:
        return float(y[0])
    if p >= x[last]:
        return float(y[last])
    low, high = 0, last  # x[low] <= p < x[high]
    while high - low > 1:
        middle = (low + high) // 2
        if x[middle] <= p:
            low = middle
        else:
            high = middle
    share = (p - x[low]) / (x[high] - x[low])
    rise = share * (y[high] - y[low])
    return float(min(y[low] + rise, y[high]))


@kernel
def _calibrate(x: Any, y: Any, p: Any) -> None:
    for i in range(p.size):
        p[i] = interpolate(x, y, p[i])
