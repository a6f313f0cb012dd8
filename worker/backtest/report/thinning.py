"""Thinning of a series for drawing: the lowest and the highest value per pixel column, so that no spike is lost."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

COLUMNS = 1_000  # of the widest chart


def extremes(times: NDArray[np.int64], values: NDArray[np.float64], columns: int = COLUMNS) -> NDArray[np.int64]:
    """Return the ascending indices of the first, the last, and each time column's least and greatest values.

    `times` ascend. All indices are returned when there are at most two per column.
    """
    if len(times) <= 2 * columns:
        return np.arange(len(times))
    span = max(int(times[-1] - times[0]), 1)
    column = np.minimum((times - times[0]) * columns // span, columns - 1)
    order = np.lexsort((values, column))
    ends = np.flatnonzero(np.diff(column[order], append=columns))
    starts = np.concatenate([[0], ends[:-1] + 1])
    return np.unique(np.concatenate([[0, len(times) - 1], order[starts], order[ends]]))


def line(times: NDArray[np.int64], values: NDArray[np.float64], columns: int = COLUMNS) -> dict[str, list[Any]]:
    """Return a thinned line: `t` in epoch ms, `v` to 6 significant digits; without values that are not finite."""
    finite = np.isfinite(values)
    times, values = times[finite], values[finite]
    kept = extremes(times, values, columns)
    return {"t": times[kept].tolist(), "v": [float(f"{value:.6g}") for value in values[kept].tolist()]}
