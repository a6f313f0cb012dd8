"""Clusters of correlated symbols: connected components, which are single linkage cut at one height."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from worker.engine.kernel import kernel
from worker.risk.figures.gram import Floats


@kernel
def _components(labels, waiting, correlation, limit):  # type: ignore[no-untyped-def]
    count, found = labels.size, 0
    for start in range(count):
        if labels[start] >= 0:
            continue
        labels[start] = found
        waiting[0], left = start, 1
        while left > 0:
            left -= 1
            i = waiting[left]
            for j in range(count):
                if labels[j] < 0 and abs(correlation[i, j]) > limit:
                    labels[j] = found
                    waiting[left] = j
                    left += 1
        found += 1


def clusters(correlation: Floats, limit: float) -> NDArray[np.int64]:
    """Return each symbol's cluster, (p,): chains of |ρ| > limit are one. Numbered from 0 by their first symbols."""
    labels = np.full(correlation.shape[0], -1)
    _components(labels, np.empty_like(labels), np.ascontiguousarray(correlation), limit)
    return labels
