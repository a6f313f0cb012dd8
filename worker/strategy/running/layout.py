"""The records that a step sees, by the names it reads them by; the one list for both ways to run it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from worker.engine.pipeline import OUTPUT
from worker.engine.state.layout import CARRY
from worker.strategy.describing.columns import EXTRA


class Part(NamedTuple):
    """A record within one that the engine passes."""

    path: tuple[str, ...]

    def of(self, record: np.dtype[Any]) -> tuple[np.dtype[Any], int]:
        """Return the part's record and its offset."""
        offset = 0
        for name in self.path:
            assert record.fields is not None
            record, inner = record.fields[name][:2]
            offset += inner
        return record, offset


# What `c` has beside bar, ind, was, state, order and p: of the symbol's state, and of the bar's output row.
OF_CARRY = {"position": Part(("position",))}
OF_OUTPUT = {
    "closed": Part(("execution", "trade")),
    "features": Part(("features",)),
    "regime": Part(("regime",)),
    "timeframes": Part(("timeframes",)),
    "model": Part(("model",)),
}
CONTEXT = ("bar", "ind", "was", "state", *OF_CARRY, *OF_OUTPUT, "order", "p")
# Beside these there is EXTRA, where the strategy reads extra columns of ticks.

__all__ = ["CARRY", "CONTEXT", "EXTRA", "OF_CARRY", "OF_OUTPUT", "OUTPUT", "Part"]
