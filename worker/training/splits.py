"""Walk-forward folds: always learn from the past, purged and embargoed."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.intp]


def walk_forward(
    start: NDArray[np.int64], end: NDArray[np.int64], folds: int, embargo_ms: int
) -> Iterator[tuple[Rows, Rows]]:
    """Return (rows to learn from, rows to test on) of each fold; the samples are in order of `start`.

    Samples are cut into `folds` + 1 equal blocks of whole times; block k is tested after learning from those before.
    Purged: a sample whose label ends (`end`) at or after the first test sample's time, less the embargo, is not learned
    from, for its label looks into the test block.
    """
    cuts = [int(start[len(start) * k // (folds + 1)]) for k in range(1, folds + 1)]
    for k, begin in enumerate(cuts):
        stop = cuts[k + 1] if k + 1 < len(cuts) else np.iinfo(np.int64).max
        [test] = np.nonzero((start >= begin) & (start < stop))
        [train] = np.nonzero((start < begin) & (end < begin - embargo_ms))
        if len(test) and len(train):
            yield train, test
