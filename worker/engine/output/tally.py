"""The outcomes of output rows, counted."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.engine.kernel import kernel

CODES = 256  # of a byte
ACTIONS, STATUSES, ANSWERS = 1, 1 + CODES, 1 + 2 * CODES  # places; before them: the rejected


class Tally(NamedTuple):
    """How many rows were rejected; of the others, how many have each code that occurs."""

    rejected: int
    actions: dict[int, int]  # of the decision
    statuses: dict[int, int]  # of the model's answer
    answers: dict[int, int]  # of a strategy's answer, 0 left out


@kernel
def _count(outs, counts):  # type: ignore[no-untyped-def]
    for row in range(outs.size):
        out = outs[row]
        if not out.validation.accepted:
            counts[0] += 1
            continue
        counts[ACTIONS + out.decision.action] += 1
        counts[STATUSES + out.model.status] += 1
        if out.said.intent.status != 0:
            counts[ANSWERS + out.said.intent.status] += 1


def tally(outs: NDArray[Any]) -> Tally:
    """Count output rows (`pipeline.OUTPUT`), contiguous."""
    counts = np.zeros(ANSWERS + CODES, np.int64)
    _count(outs, counts)
    actions, statuses, answers = dict[int, int](), dict[int, int](), dict[int, int]()
    for place in counts.nonzero()[0].tolist():
        if place >= ANSWERS:
            answers[place - ANSWERS] = int(counts[place])
        elif place >= STATUSES:
            statuses[place - STATUSES] = int(counts[place])
        elif place >= ACTIONS:
            actions[place - ACTIONS] = int(counts[place])
    return Tally(int(counts[0]), actions, statuses, answers)
