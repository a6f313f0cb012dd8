"""Scoring of rows by one model: a probability and a status per row, never an exception of the model's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from worker.engine.stages.features import FEATURE_NAMES
from worker.errors import AlphapulseError
from worker.models.card import Card
from worker.models.errors import ModelRefused, TimedOut
from worker.models.scoring.outputs import Reader, Scores, unscored
from worker.models.scoring.status import Status
from worker.models.session.invariance import MAX_BATCH
from worker.models.session.session import Floats32, Session, raise_for_environment


class Scoring(Protocol):
    """A model, or the stand-in for a missing one."""

    card: Card | None
    columns: NDArray[np.intp]  # those that it reads, as positions in the engine's feature matrix

    def score(self, features: NDArray[np.float64]) -> Scores:
        """Score rows of `columns`, (n, k)."""
        ...


class Unavailable:
    """The stand-in for no model: `not_configured`, or `load_error` with the card of the model that failed to load."""

    def __init__(self, status: Status = Status.not_configured, card: Card | None = None) -> None:
        self.card, self.status = card, status
        self.columns = np.zeros(0, np.intp)

    def score(self, features: NDArray[np.float64]) -> Scores:
        """Return the status for every row."""
        return unscored(len(features), self.status)


class ModelScorer:
    """A loaded model. `micro_batching`: its rows do not depend on other rows of the batch."""

    def __init__(
        self, session: Session, card: Card, micro_batching: bool, names: Sequence[str] = FEATURE_NAMES
    ) -> None:
        """Map the card's features to `names`, the columns that rows are taken from.

        Raises:
            ModelRefused: the model reads a column that is not among them.
        """
        self.card: Card | None = card
        self.columns = columns_of(card.features, names)
        self.micro_batching = micro_batching
        self._session, self._card, self._read = session, card, Reader(card)

    def score(self, features: NDArray[np.float64]) -> Scores:
        """Score rows, (n, k) in the order of the card's features.

        A failing batch is halved until the failing rows stand alone: only they fall back (decisions 21).

        Raises:
            AlphapulseError: the machine, not the model, fails (exit code 75).
        """
        with np.errstate(over="ignore"):
            rows = np.ascontiguousarray(features, np.float32)
        found = unscored(len(rows), Status.features_not_ready)
        [ready] = np.nonzero(self._ready(rows))
        size = MAX_BATCH if self.micro_batching else 1
        for start in range(0, len(ready), size):
            self._part(rows, ready[start : start + size], found)
        return found

    def _ready(self, rows: Floats32) -> NDArray[np.bool_]:
        if self._card.passes_nan:
            return np.asarray(~np.isinf(rows).any(axis=1))
        return np.asarray(np.isfinite(rows).all(axis=1))

    def _part(self, rows: Floats32, at: NDArray[np.intp], found: Scores) -> None:
        try:
            part = self._read(self._session.run(rows if len(at) == len(rows) else rows[at]), len(at))
        except TimedOut:
            found.status[at] = Status.timeout
        except AlphapulseError:
            raise
        except Exception as problem:  # a model may raise anything; the rules then decide
            raise_for_environment(problem)
            if len(at) == 1:
                found.status[at] = Status.runtime_error
                return
            half = len(at) // 2
            self._part(rows, at[:half], found)
            self._part(rows, at[half:], found)
        else:
            found.prob[at], found.status[at] = part


def columns_of(read: Sequence[str], names: Sequence[str] = FEATURE_NAMES) -> NDArray[np.intp]:
    """Return the positions of features among `names`.

    Raises:
        ModelRefused: one is missing.
    """
    if unknown := [name for name in read if name not in names]:
        raise ModelRefused(
            f"the model reads {unknown[0]}, which does not exist", "engine.plugins names the stages to run"
        )
    return np.array([names.index(name) for name in read], np.intp)
