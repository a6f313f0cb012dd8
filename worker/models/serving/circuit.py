"""A circuit breaker a symbol, counted in its bars: a model that fails again and again is left alone for a while.

A record fits into a symbol's state: it depends on that symbol's bars only, and all zero is a closed circuit.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.engine.kernel import kernel
from worker.engine.scoring.model import CIRCUIT
from worker.models.scoring.outputs import Scores, unscored
from worker.models.scoring.scorer import Scoring, Unavailable
from worker.models.scoring.status import ERRORS, Status

__all__ = ["CIRCUIT", "OPENS_AFTER", "OPEN_BARS", "guarded"]

OPENS_AFTER = 5  # errors in a row
OPEN_BARS = 500  # accepted bars of the symbol on which the model is not asked

IS_ERROR = np.isin(np.arange(len(Status)), list(ERRORS))
OK, OPEN = int(Status.ok), int(Status.circuit_open)


def guarded(
    model: Scoring,
    features: NDArray[np.float64],
    circuits: NDArray[Any],
    slots: NDArray[np.int64],
    generation: int = 0,
    timed_out: NDArray[np.bool_] | None = None,
) -> Scores:
    """Score consecutive accepted bars under their symbols' circuits.

    `features` (n, k) in the order of `model.columns`; `circuits` (capacity,) of CIRCUIT is brought up to date; `slots`
    (n,) says whose bar a row is. A row that is not ready neither counts as an error nor ends a row of them. Rows that
    are `timed_out` (n,) in the record of an earlier run get that status without being asked: time can't be replayed.
    A circuit of another `generation` begins anew: each switch to another model has a number of its own.

    Raises:
        AlphapulseError: as `ModelScorer.score`.
    """
    if isinstance(model, Unavailable):
        return model.score(features)
    if (stale := slots[circuits["generation"][slots] != generation]).size:
        circuits[stale] = (0, 0, generation)
    asked = np.ones(len(slots), np.bool_) if timed_out is None else ~timed_out
    if circuits["bars"][slots].any():
        _leave_out(circuits["bars"].copy(), slots, asked)
    found = _score(model, features, asked)
    if timed_out is not None:
        found.status[timed_out] = Status.timeout
    _follow(circuits, slots, found.prob, found.status)
    return found


def warm_up() -> None:
    """Compile the kernels, or load them from the cache: for circuits within states, and alone."""
    rows = unscored(0, Status.ok), np.zeros(0, np.int64)
    for circuits in (np.zeros(1, CIRCUIT), np.zeros(1, [("circuit", CIRCUIT), ("rest", "i8")])["circuit"]):
        _follow(circuits, rows[1], *rows[0])
    _leave_out(np.zeros(1, np.uint16), rows[1], np.zeros(0, np.bool_))


def _score(model: Scoring, features: NDArray[np.float64], asked: NDArray[np.bool_]) -> Scores:
    if asked.all():
        return model.score(features)
    found = unscored(len(features), Status.circuit_open)
    found.prob[asked], found.status[asked] = model.score(features[asked])
    return found


@kernel
def _leave_out(left: Any, slots: Any, asked: Any) -> None:
    """Do not ask on bars that an open circuit is sure to cover; `left` (capacity,) is used up."""
    for i in range(slots.size):
        if left[slots[i]] > 0:
            left[slots[i]] -= 1
            asked[i] = False


@kernel
def _follow(circuits: Any, slots: Any, prob: Any, status: Any) -> None:
    """Bar by bar: count errors, and take back answers of bars whose circuit was open by then."""
    for i in range(slots.size):
        circuit = circuits[slots[i]]
        if circuit.bars > 0:
            circuit.bars -= 1
            prob[i] = math.nan
            status[i] = OPEN
        elif IS_ERROR[status[i]]:
            circuit.errors += 1
            if circuit.errors >= OPENS_AFTER:
                circuit.errors = 0
                circuit.bars = OPEN_BARS
        elif status[i] == OK:
            circuit.errors = 0
