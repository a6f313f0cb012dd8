"""An engine that counts each symbol's records: the least that has a state, so that what surrounds engines is tested
without compiling one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schemas.state import StrategyState
from worker.engine.controls import Controls
from worker.engine.records.raw import RawRecords
from worker.engine.settings import EngineSettings
from worker.engine.state.layout import CARRY
from worker.engine.switching.keeping import SymbolState

Counted = tuple[int, bytes, int]  # input offset, symbol, how many of its records there were


class CountingEngine:
    """As `worker.stream.job.Engine`: its results are `Counted`."""

    most, spilled = 1_000, 0

    def __init__(self) -> None:
        self.controls = Controls(EngineSettings().risk.params().limits)
        self.touched: NDArray[Any] = np.zeros(0, np.int64)
        self.symbols = SimpleNamespace(key=lambda slot: self._keys[slot])
        self.fingerprints = SimpleNamespace(of=lambda symbol: "same")
        self._keys: list[bytes] = []
        self._counts: dict[bytes, int] = {}

    @property
    def known(self) -> int:
        """Symbols with a state."""
        return len(self._keys)

    def newest_time(self, key: bytes) -> int | None:
        """No times are kept."""
        return None

    def step_raw(self, raw: RawRecords) -> list[Counted]:
        """Count each record."""
        keys = [key or b"" for key in raw.all_keys()]
        self.touched = np.array([self._slot(key) for key in keys], np.int64)
        found = []
        for key, offset in zip(keys, raw.rows["offset"].tolist(), strict=True):
            self._counts[key] += 1
            found.append((offset, key, self._counts[key]))
        return found

    def advance_raw(self, raw: RawRecords) -> None:
        """The same without results."""
        self.step_raw(raw)

    def warm_again_raw(self, raw: RawRecords) -> None:
        """Nothing is derived."""

    def reserve(self, symbols: int) -> None:
        """There is room."""

    def export(self, slot: int) -> SymbolState:
        """The count, in as many bytes as a carry part has."""
        return SymbolState(self._counts[self._keys[slot]].to_bytes(CARRY.itemsize, "little"), b"")

    def load(self, key: bytes, carry: bytes, derived: bytes | None, strategy: StrategyState | None = None) -> int:
        """Set a count."""
        slot = self._slot(key)
        self._counts[key] = int.from_bytes(carry, "little")
        return slot

    def wants_bars(self, slot: int) -> int | None:
        """No bars must rebuild anything: nothing is derived."""
        return None

    def _slot(self, key: bytes) -> int:
        if key not in self._counts:
            self._keys.append(key)
            self._counts[key] = 0
        return self._keys.index(key)
