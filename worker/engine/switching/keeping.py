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
from worker.engine.state.own import adopt, dtype_of
from worker.engine.state.symbols import Symbols
from worker.engine.switching.variants import CONFIGURED, Variant, Variants
from worker.errors import DataError

FRESH = -1  # a symbol without a bar that a strategy has seen
FORMER = -2  # one whose state is of an entry that is no more: its next bar meets a later one


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
        self, settings: EngineSettings, symbols: Symbols, fingerprints: Fingerprints, variants: Variants | None
    ) -> None:
        self._settings, self._symbols, self._variants = settings.strategy, symbols, variants
        self._instruments, self._default = settings.instruments, settings.ingestion.interval
        self._fingerprints = fingerprints
        self._lost: dict[int, int] = {}  # slots whose indicators bars rebuild, and how many
        self._intact: dict[int, bytes] = {}  # derived parts put aside, by slot
        self._ordinals = np.zeros(0, np.int64)  # by slot: of the entry whose strategy its state is of
        self._former: dict[int, StrategyState] = {}  # by slot, as it was stored

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
        lacking = None if self._variants is None else self._load_beside(slot, key, self._variants, stored)
        if lacking is not None:
            self._lost[slot] = lacking.strategy.rebuilding(self._interval(key, derived))
            if derived is not None:
                self._intact[slot] = derived
                row[DERIVED_BYTES] = 0
        return slot

    def wants_bars(self, slot: int) -> int | None:
        """Return how many bars rebuild the indicators that a loaded state lacks; None where it lacks none."""
        return self._lost.get(slot)

    def rebuilding(
        self, slots: NDArray[np.int64], frames: NDArray[np.int64]
    ) -> list[tuple[Variant, NDArray[np.int64]]]:
        """Return the strategies whose indicators bars rebuild, each with the frames of its slots, -1 for the others."""
        lost = np.isin(slots, list(self._lost))
        found = []
        for ordinal in np.unique(self.ordinals(slots[lost])).tolist():
            variant = self._variants and self._variants.live(ordinal)
            if variant:
                found.append((variant, np.where(lost & (self.ordinals(slots) == ordinal), frames, -1)))
        return found

    def settle(self, slots: NDArray[np.int64]) -> None:
        """Put back what was put aside for slots that get new bars."""
        if not self._lost:
            return
        for slot in self._lost.keys() & set(slots.tolist()):
            del self._lost[slot]
            derived = self._intact.pop(slot, None)
            if derived is not None:
                self._symbols.frames.state(slot)[DERIVED_BYTES] = np.frombuffer(derived, np.uint8)

    def ordinals(self, slots: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return of which entry's strategy the state in each slot is, (n,); 0 is the configured one."""
        self._reach(int(slots.max(initial=-1)) + 1)
        return np.where(slots >= 0, self._ordinals[slots], CONFIGURED)

    def begin(self, slots: list[int]) -> None:
        """Note that no strategy has seen a bar of these symbols."""
        self._reach(max(slots, default=-1) + 1)
        self._ordinals[slots] = FRESH

    def held(self, slot: int) -> StrategyState:
        """Return what a strategy keeps of a symbol in memory."""
        former = self._former.get(slot)
        if former is not None:
            return former
        frames = self._symbols.frames
        assert frames.beside is not None
        found = self._strategy_state(slot, frames.beside.read(frames.frame(slot)))
        assert found is not None
        return found

    def former(self, slot: int) -> StrategyState | None:
        """Return what is kept of a symbol for a strategy that is no more."""
        return self._former.get(slot)

    def keep_former(self, slot: int, stored: StrategyState) -> None:
        """Set what is kept of a symbol for a strategy that is no more."""
        self._former[slot] = stored

    def take_over(self, slot: int, ordinal: int, content: NDArray[np.uint8] | None) -> None:
        """Set what the strategy of an entry keeps of a symbol in memory; None leaves it as it is."""
        frames = self._symbols.frames
        assert frames.beside is not None
        if content is not None:
            frames.beside.write(frames.frame(slot), content)
        self._former.pop(slot, None)
        self._ordinals[slot] = ordinal

    def plan(self, key: bytes, plan: str) -> str:
        """Return the fingerprint of a symbol's indicators, or of a part of them."""
        return self._fingerprints.of_memory(key.decode(errors="replace"), plan)

    def own(self, variant: Variant, stored: StrategyState) -> bytes:
        """Return the user's state for a strategy, from that of another version.

        Raises:
            ConfigError: the strategy does not say what becomes of it.
        """
        # The state of another strategy means nothing to this one.
        changed = stored.fields != variant.shape.fields
        if stored.name != self._settings.name or (changed and self._settings.on_state_change == "reset"):
            return bytes(variant.shape.own.itemsize)
        return adopt(stored.own, dtype_of(stored.fields), variant.shape.own, variant.strategy.migrate)

    def _interval(self, key: bytes, derived: bytes | None) -> int:
        """Return the length of a symbol's bars: as they were, else as it is configured."""
        if derived is not None:
            return int(np.frombuffer(derived, DERIVED)["validation"]["interval_ms"][0])
        own = self._instruments.get(key.decode(errors="replace"))
        return interval_ms(own.interval if own and own.interval else self._default)

    def _strategy_state(self, slot: int, content: NDArray[np.uint8]) -> StrategyState | None:
        beside, variants = self._symbols.frames.beside, self._variants
        if beside is None or variants is None:
            return None
        if slot in self._former:
            return self._former[slot]
        ordinal = max(int(self.ordinals(np.array([slot]))[0]), CONFIGURED)
        shape, parts, key = variants.shape(ordinal), beside.split(content), self._symbols.key(slot)
        return StrategyState(
            name=self._settings.name or "",
            version=shape.version,
            fields=shape.fields,
            own=parts.own[: shape.own.itemsize].tobytes(),
            standing_version=STANDING_VERSION,
            standing=parts.standing.tobytes(),
            plan=self.plan(key, shape.plan),
            memory=parts.memory[: 8 * shape.words].tobytes(),
            switch=ordinal,
            parts=[(self.plan(key, each.fingerprint), 8 * each.start, 8 * each.words) for each in shape.parts],
        )

    def _load_beside(self, slot: int, key: bytes, variants: Variants, stored: StrategyState | None) -> Variant | None:
        """Set what a strategy keeps of a slot; return the one whose indicators bars must rebuild, if any."""
        beside = self._symbols.frames.beside
        assert beside is not None
        ordinal = CONFIGURED if stored is None else stored.switch
        self._reach(slot + 1)
        self._ordinals[slot] = ordinal
        content = np.zeros(beside.itemsize, np.uint8)
        memory, own, standing = beside.split(content)
        variant = variants.live(ordinal)
        whole = False
        if stored is not None:
            standing[:] = np.frombuffer(standing_of(stored), np.uint8)
            if variant is None:
                self._former[slot], self._ordinals[slot], whole = stored, FORMER, True
            else:
                size = 8 * variant.shape.words
                whole = stored.plan == self.plan(key, variant.shape.plan) and len(stored.memory) == size
                if whole:
                    memory[:size] = np.frombuffer(stored.memory, np.uint8)
                own[: variant.shape.own.itemsize] = np.frombuffer(self.own(variant, stored), np.uint8)
        beside.write(self._symbols.frames.frame(slot), content)
        return None if whole or variant is None or not variant.shape.words else variant

    def _reach(self, size: int) -> None:
        if size > len(self._ordinals):
            wider = np.zeros(max(size, 2 * len(self._ordinals)), np.int64)
            wider[: len(self._ordinals)] = self._ordinals
            self._ordinals = wider


def standing_of(stored: StrategyState) -> bytes:
    """Return a stored standing order.

    Raises:
        DataError: a newer release wrote it.
    """
    if stored.standing_version > STANDING_VERSION or len(stored.standing) != STANDING.itemsize:
        raise DataError(
            f"a newer release wrote what the strategy keeps (version {stored.standing_version})",
            "Run that release or a later one",
        )
    return stored.standing
