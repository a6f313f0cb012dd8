"""The states of symbols as bytes, out of an engine and into one, and what bars must rebuild after that."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schemas.state import StrategyState
from schemas.tick import interval_ms
from worker.engine.asking.standing import STANDING, STANDING_VERSION
from worker.engine.settings import EngineSettings
from worker.engine.state.fingerprints import Fingerprints
from worker.engine.state.layout import CARRY_BYTES, DERIVED, DERIVED_BYTES, STATE
from worker.engine.state.own import adopt, described, dtype_of
from worker.engine.state.symbols import Symbols
from worker.engine.strategy.hooked import Hooked
from worker.errors import DataError


class SymbolState(NamedTuple):
    """One symbol's record as bytes, in its two parts, and what a strategy keeps of the symbol."""

    carry: bytes
    derived: bytes
    strategy: StrategyState | None = None


class Keeping:
    """States in and out of one engine.

    Where only a strategy's indicators are lost, the `derived` part that is intact is put aside: the bars that rebuild
    the indicators pass through the stages too. It comes back before the symbol's next new bar.
    """

    def __init__(
        self, settings: EngineSettings, symbols: Symbols, fingerprints: Fingerprints, strategy: Hooked | None
    ) -> None:
        self._settings, self._symbols, self._strategy = settings.strategy, symbols, strategy
        self._instruments, self._default = settings.instruments, settings.ingestion.interval
        self._fingerprints = fingerprints
        self._fields = "" if strategy is None else described(strategy.own)
        self._lost: dict[int, int] = {}  # slots whose indicators bars rebuild, and how many
        self._intact: dict[int, bytes] = {}  # derived parts put aside, by slot

    def export(self, slot: int) -> SymbolState:
        """Return the state in a slot."""
        row = self._symbols.frames.read(slot)
        derived = self._intact.get(slot) or row[DERIVED_BYTES].tobytes()
        return SymbolState(row[CARRY_BYTES].tobytes(), derived, self._strategy_state(slot, row[STATE.itemsize :]))

    def load(self, key: bytes, carry: bytes, derived: bytes | None, stored: StrategyState | None = None) -> int:
        """Set a symbol's state and return its slot; `derived` None leaves that part as if no bar had been seen.

        Raises:
            ValueError: a part does not have this engine's size.
            ConfigError: the strategy does not say what becomes of its stored state.
            DataError: a newer release wrote what the strategy keeps.
        """
        slot = self._symbols.add(key)
        row = self._symbols.frames.state(slot)
        row[CARRY_BYTES] = np.frombuffer(carry, np.uint8)
        row[DERIVED_BYTES] = 0 if derived is None else np.frombuffer(derived, np.uint8)
        if self._strategy is not None and not self._load_beside(slot, key, self._strategy, stored):
            self._lost[slot] = self._strategy.rebuilding(self._interval(key, derived))
            if derived is not None:
                self._intact[slot] = derived
                row[DERIVED_BYTES] = 0
        return slot

    def wants_bars(self, slot: int) -> int | None:
        """Return how many bars rebuild the indicators that a loaded state lacks; None where it lacks none."""
        return self._lost.get(slot)

    def rebuilding(self, slots: NDArray[np.int64], frames: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the frames of the slots whose indicators bars rebuild, -1 for the others."""
        return np.where(np.isin(slots, list(self._lost)), frames, -1)

    def settle(self, slots: NDArray[np.int64]) -> None:
        """Put back what was put aside for slots that get new bars."""
        if not self._lost:
            return
        for slot in self._lost.keys() & set(slots.tolist()):
            del self._lost[slot]
            derived = self._intact.pop(slot, None)
            if derived is not None:
                self._symbols.frames.state(slot)[DERIVED_BYTES] = np.frombuffer(derived, np.uint8)

    def _interval(self, key: bytes, derived: bytes | None) -> int:
        """Return the length of a symbol's bars: as they were, else as it is configured."""
        if derived is not None:
            return int(np.frombuffer(derived, DERIVED)["validation"]["interval_ms"][0])
        own = self._instruments.get(key.decode(errors="replace"))
        return interval_ms(own.interval if own and own.interval else self._default)

    def _strategy_state(self, slot: int, content: NDArray[np.uint8]) -> StrategyState | None:
        beside, strategy = self._symbols.frames.beside, self._strategy
        if beside is None or strategy is None:
            return None
        parts = beside.split(content)
        symbol = self._symbols.key(slot).decode(errors="replace")
        return StrategyState(
            name=self._settings.name or "",
            version=self._settings.version,
            fields=self._fields,
            own=parts.own[: strategy.own.itemsize].tobytes(),
            standing_version=STANDING_VERSION,
            standing=parts.standing.tobytes(),
            plan=self._fingerprints.of_memory(symbol, strategy.plan),
            memory=parts.memory.tobytes(),
        )

    def _load_beside(self, slot: int, key: bytes, strategy: Hooked, stored: StrategyState | None) -> bool:
        """Set what the strategy keeps of a slot; return whether its indicators are whole."""
        beside = self._symbols.frames.beside
        assert beside is not None
        content = np.zeros(beside.itemsize, np.uint8)
        memory, own, standing = beside.split(content)
        whole = False
        if stored is not None:
            plan = self._fingerprints.of_memory(key.decode(errors="replace"), strategy.plan)
            whole = stored.plan == plan and len(stored.memory) == memory.size
            if whole:
                memory[:] = np.frombuffer(stored.memory, np.uint8)
            own[: strategy.own.itemsize] = np.frombuffer(self._own(strategy, stored), np.uint8)
            standing[:] = np.frombuffer(_standing(stored), np.uint8)
        beside.write(self._symbols.frames.frame(slot), content)
        return whole or not memory.size

    def _own(self, strategy: Hooked, stored: StrategyState) -> bytes:
        # The state of another strategy means nothing to this one.
        changed = stored.fields != self._fields
        if stored.name != self._settings.name or (changed and self._settings.on_state_change == "reset"):
            return bytes(strategy.own.itemsize)
        return adopt(stored.own, dtype_of(stored.fields), strategy.own, strategy.migrate)


def _standing(stored: StrategyState) -> bytes:
    if stored.standing_version > STANDING_VERSION or len(stored.standing) != STANDING.itemsize:
        raise DataError(
            f"a newer release wrote what the strategy keeps (version {stored.standing_version})",
            "Run that release or a later one",
        )
    return stored.standing
