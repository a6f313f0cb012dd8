"""A strategy whose indicator values are kept as they are computed."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.engine.strategy.hooked import Hooked, Observation


class Seeing:
    """`Hooked` around a strategy; for one symbol, whose rows are in order."""

    def __init__(self, strategy: Hooked) -> None:
        self._strategy = strategy
        self.seen: list[NDArray[np.float64]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._strategy, name)

    def observe(self, seen: Observation) -> None:
        """Advance the indicators, and keep a copy."""
        self._strategy.observe(seen)
        self.seen.append(seen.values.copy())
