"""Sums of products of all pairs of columns, from the oldest row to the newest."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from worker.engine.kernel import kernel

Floats: TypeAlias = NDArray[np.float64]


@kernel
def _into(out, rows):  # type: ignore[no-untyped-def]
    # The inner loop runs over columns, so that it is vectorised without a change of any sum's order.
    count, columns = rows.shape
    for i in range(columns):
        for j in range(i + 1):
            out[i, j] = 0.0
        for k in range(count):
            value = rows[k, i]
            for j in range(i + 1):
                out[i, j] += value * rows[k, j]
        for j in range(i):
            out[j, i] = out[i, j]


def gram(rows: Floats) -> Floats:
    """Return Σ_k x_k x_kᵀ over `rows` (n, p), oldest first; shape (p, p).

    A pair's sum depends on its two columns only: its bits do not change with the other columns, nor with their order.
    """
    out = np.empty((rows.shape[1], rows.shape[1]))
    _into(out, np.ascontiguousarray(rows))
    return out
