"""What `decide` needs of a strategy in one batch: its records by frame, its values by row."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.engine.asking.ask import Hook
from worker.engine.asking.standing import STANDING
from worker.engine.state.beside import Beside
from worker.engine.state.symbols import Symbols
from worker.engine.strategy.hooked import Hooked, Observation

# The rules decide: an order enters at the market.
NOBODY = Hook(
    address=0,
    standings=np.zeros(1, STANDING),
    own=np.zeros((1, 1), np.uint64),
    before=np.zeros(1, np.uint64),
    values=np.zeros((1, 0)),
    was=np.zeros((1, 0)),
    params=0,
)


class Hooking:
    """One strategy in one partition."""

    def __init__(self, strategy: Hooked, beside: Beside, extra: tuple[str, ...] = ()) -> None:
        """Take a strategy; `extra` are the names of the columns that `observe` gets, those that it reads among them."""
        self._strategy, self._beside = strategy, beside
        self._extra = [extra.index(name) for name in strategy.extra]
        self._params = np.ascontiguousarray(strategy.params)  # whose address is given away
        self._before = np.zeros(0, np.uint64)
        self._room(0)

    def observe(
        self,
        order: NDArray[np.int64],
        frames: NDArray[np.int64],
        bars: NDArray[Any],
        outs: NDArray[Any],
        symbols: Symbols,
        extras: NDArray[np.float64],
    ) -> None:
        """Advance the indicators by a batch; `extras` may have no columns, as nothing is known then."""
        rows = len(bars)
        if rows > len(self._values):
            self._room(rows)
        values, was = self._values[:rows], self._was[:rows]
        memory, instruments = self._beside.memory, symbols.instruments
        found = extras[:, self._extra] if extras.size else np.full((rows, len(self._extra)), math.nan)
        seen = Observation(order, frames, bars, outs, memory, values, was, instruments, found, symbols.at)
        self._strategy.observe(seen)

    def hook(self) -> Hook:
        """Return what `decide` needs for the batch that `observe` has seen; `decided` comes after it."""
        self._strategy.deciding()
        if self._before.size != self._beside.own.shape[1]:
            self._before = np.zeros(self._beside.own.shape[1], np.uint64)
        return Hook(
            address=self._strategy.address,
            standings=self._beside.standings,
            own=self._beside.own,
            before=self._before,
            values=self._values,
            was=self._was,
            params=self._params.ctypes.data,
        )

    def decided(self) -> None:
        """Raise what the steps met that must end the process."""
        self._strategy.raise_fatal()

    def _room(self, rows: int) -> None:
        self._values, self._was = np.zeros((rows, self._strategy.columns)), np.zeros((rows, self._strategy.columns))
