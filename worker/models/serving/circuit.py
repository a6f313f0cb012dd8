"""Circuit breaker per symbol, counted in its bars: it rests a model that fails repeatedly.

The record is part of a symbol's state: it depends on that symbol's bars only; all zero is a closed circuit.
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

OPENS_AFTER = 5  # consecutive errors
OPEN_BARS = 500  # accepted bars of the symbol without a call of the model

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

    `features` (n, k) are in the order of `model.columns`; `circuits` (capacity,) of CIRCUIT is updated; `slots` (n,) is
    the symbol's slot per row. A row that is not ready is neither an error nor a success. Rows that an earlier run
    recorded as `timed_out` (n,) get that status without a call: time can't be replayed.
    A circuit of another `generation` is reset: each switch to another model has its own number.

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
    """Skip bars that an open circuit is sure to cover; decrement `left` (capacity,) per skipped bar."""
    for i in range(slots.size):
        if left[slots[i]] > 0:
            left[slots[i]] -= 1
            asked[i] = False


@kernel
def _follow(circuits: Any, slots: Any, prob: Any, status: Any) -> None:
    """Count errors bar by bar, and withdraw scores of bars whose circuit is open by then."""
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
