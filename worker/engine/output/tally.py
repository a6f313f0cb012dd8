"""The outcomes of output rows, counted by their codes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.engine.kernel import kernel

CODES = 256  # of a byte
ACTIONS, STATUSES, ANSWERS = 0, CODES, 2 * CODES  # places of the decision's, the model's and a strategy's codes


@kernel
def _count(outs, counts):  # type: ignore[no-untyped-def]
    rejected = 0
    for row in range(outs.size):
        out = outs[row]
        if not out.validation.accepted:
            rejected += 1
            continue
        counts[ACTIONS + out.decision.action] += 1
        counts[STATUSES + out.model.status] += 1
        counts[ANSWERS + out.said.intent.status] += 1
    return rejected


class Tally:
    """How many accepted rows had each code, since the last `take`."""

    def __init__(self) -> None:
        self._counts = np.zeros(3 * CODES, np.int64)

    def add(self, outs: NDArray[Any]) -> int:
        """Count output rows (`pipeline.OUTPUT`), contiguous; return how many were rejected, which have no codes."""
        return int(_count(outs, self._counts))

    def take(self) -> tuple[dict[int, int], dict[int, int], dict[int, int]]:
        """Return the counts of decisions, models' answers and strategies' answers by their codes, and begin anew."""
        counts, self._counts = self._counts, np.zeros(3 * CODES, np.int64)
        found = counts.reshape(3, CODES)
        actions, statuses, answers = ({code: int(row[code]) for code in row.nonzero()[0].tolist()} for row in found)
        return actions, statuses, answers
