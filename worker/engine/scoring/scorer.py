"""Scorers of bars between `observe` and `decide`: their protocol, and how the engine asks."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from schemas.control import ModelSwitch
from worker.engine.scoring.names import ModelNames


class Answers(Protocol):
    """Answers of a scorer, one entry per row in each."""

    @property
    def prob(self) -> NDArray[np.float64]:
        """See `model.OUTPUT`."""
        ...

    @property
    def status(self) -> NDArray[np.uint8]:
        """See `model.OUTPUT`."""
        ...

    @property
    def model_index(self) -> NDArray[np.int64]:
        """See `model.OUTPUT`."""
        ...


class Scorer(Protocol):
    """A scorer of bars. Its answer for a bar depends on that symbol's bars up to it, and on the journal."""

    @property
    def names(self) -> ModelNames:
        """Names of the models in its answers."""
        ...

    @property
    def listens(self) -> bool:
        """Whether there is any model; without one nothing is asked."""
        ...

    def switch(self, generation: int, choice: ModelSwitch | None) -> None:
        """Switch models at journal entry `generation`, greater than those before; None = the configured model."""
        ...

    def score(
        self,
        features: NDArray[np.float64],
        circuits: NDArray[Any],
        slots: NDArray[np.int64],
        generations: NDArray[np.int64],
    ) -> Answers:
        """Score accepted bars in input order.

        `features` (n, features) are in the order of the features stage; `circuits` (capacity,) of CIRCUIT are updated;
        `slots` and `generations`, the numbers of the switches in force or 0, are (n,).
        """
        ...

    def warm_up(self) -> None:
        """Compile its kernels, or load them from the cache."""
        ...


def ask(
    scorer: Scorer,
    outs: NDArray[Any],
    circuits: NDArray[Any],
    slots: NDArray[np.int64],
    generations: NDArray[np.int64],
) -> None:
    """Write `outs["model"]` of every accepted record between `observe` and `decide`; all arrays are (n,)."""
    rows = np.flatnonzero(outs["validation"]["accepted"])
    found = scorer.score(_features(outs)[rows], circuits, slots[rows], generations[rows])
    for name in ("prob", "status", "model_index"):
        outs["model"][name][rows] = getattr(found, name)


def _features(outs: NDArray[Any]) -> NDArray[np.float64]:
    # Numpy copies nested records nine times as slowly as numbers.
    assert outs.dtype.fields is not None
    kind, at = outs.dtype.fields["features"][:2]
    numbers = outs.view(np.float64).reshape(len(outs), outs.dtype.itemsize // 8)
    return numbers[:, at // 8 : (at + kind.itemsize) // 8]
