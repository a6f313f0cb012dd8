"""A circuit breaker a symbol, counted in its bars: a model that fails again and again is left alone for a while.

A record fits into a symbol's state: it depends on that symbol's bars only, and all zero is a closed circuit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.models.outputs import Scores, unscored
from worker.models.scorer import Scoring, Unavailable
from worker.models.status import ERRORS, Status

OPENS_AFTER = 5  # errors in a row
OPEN_BARS = 500  # accepted bars of the symbol on which the model is not asked

CIRCUIT = np.dtype(
    [
        ("errors", "u2"),  # in a row
        ("bars", "u2"),  # accepted bars left until the model is asked again, 0 = closed
        ("generation", "u4"),  # of the model that the counts are about
    ],
    align=True,
)
_IS_ERROR = np.isin(np.arange(len(Status)), list(ERRORS))


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
        AlphapulseError: as `Scorer.score`.
    """
    if isinstance(model, Unavailable):
        return model.score(features)
    if (stale := slots[circuits["generation"][slots] != generation]).size:
        circuits[stale] = (0, 0, generation)
    asked = circuits["bars"][slots] <= _ordinals(circuits, slots)
    if timed_out is not None:
        asked &= ~timed_out
    found = _score(model, features, asked)
    if timed_out is not None:
        found.status[timed_out] = Status.timeout
    failed = _IS_ERROR[found.status]
    if failed.any() or _troubled(circuits, slots).any():
        _follow(found, circuits, slots, failed)
    return found


def _score(model: Scoring, features: NDArray[np.float64], asked: NDArray[np.bool_]) -> Scores:
    if asked.all():
        return model.score(features)
    found = unscored(len(features), Status.circuit_open)
    found.prob[asked], found.status[asked] = model.score(features[asked])
    return found


def _troubled(circuits: NDArray[Any], slots: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.asarray((circuits["bars"][slots] > 0) | (circuits["errors"][slots] > 0))


def _ordinals(circuits: NDArray[Any], slots: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many rows of the same symbol come before each; only of symbols with an open circuit, else 0."""
    before = np.zeros(len(slots), np.int64)
    seen: dict[int, int] = {}
    for row in np.flatnonzero(circuits["bars"][slots] > 0).tolist():
        slot = int(slots[row])
        before[row] = seen.get(slot, 0)
        seen[slot] = int(before[row]) + 1
    return before


def _follow(found: Scores, circuits: NDArray[Any], slots: NDArray[np.int64], failed: NDArray[np.bool_]) -> None:
    """Bar by bar over the symbols in trouble: which were asked although their circuit was open by then, and count."""
    affected = np.isin(slots, np.unique(np.concatenate([slots[failed], slots[_troubled(circuits, slots)]])))
    for row in np.flatnonzero(affected).tolist():
        circuit = circuits[slots[row]]
        if circuit["bars"] > 0:
            circuit["bars"] -= 1
            found.prob[row], found.status[row] = np.nan, Status.circuit_open
        elif failed[row]:
            circuit["errors"] += 1
            if circuit["errors"] >= OPENS_AFTER:
                circuit["errors"], circuit["bars"] = 0, OPEN_BARS
        elif found.status[row] == Status.ok:
            circuit["errors"] = 0
