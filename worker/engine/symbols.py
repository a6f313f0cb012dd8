"""Where each symbol's state lies: key → slot, with the state and instrument arrays that grow with the symbols."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.engine.bar import INSTRUMENT
from worker.engine.settings import EngineSettings, InstrumentSettings
from worker.engine.state import STATE

FIRST = 64  # slots


class Symbols:
    """Slots of one partition. A slot whose symbol has no accepted bar is all zero and given back."""

    def __init__(self, settings: EngineSettings) -> None:
        self.states: NDArray[Any] = np.zeros(FIRST, STATE)
        self.instruments: NDArray[Any] = np.zeros(FIRST, INSTRUMENT)
        self._slots: dict[bytes, int] = {}
        self._keys: dict[int, bytes] = {}
        self._free = list(range(FIRST - 1, -1, -1))
        self._settings = settings
        self._default = InstrumentSettings()

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def raw(self) -> NDArray[np.uint8]:
        """The states as bytes, shape (capacity, bytes a symbol)."""
        return self.states.view(np.uint8).reshape(len(self.states), STATE.itemsize)

    def get(self, key: bytes) -> int | None:
        """The slot of a known symbol."""
        return self._slots.get(key)

    def key(self, slot: int) -> bytes:
        """The symbol in a slot that is in use."""
        return self._keys[slot]

    def add(self, key: bytes) -> int:
        """The slot of a symbol, a new one when it has none."""
        slot = self._slots.get(key)
        return self._add(key) if slot is None else slot

    def slots(self, keys: Sequence[bytes | None], wanted: Sequence[bool]) -> tuple[NDArray[np.int64], list[bytes]]:
        """Slot of each key, -1 where there is none; keys that are `wanted` get one. Also the keys that are new."""
        new: list[bytes] = []
        found = np.full(len(keys), -1, np.int64)
        for row, (key, want) in enumerate(zip(keys, wanted, strict=True)):
            if key is None:
                continue
            slot = self._slots.get(key)
            if slot is None and want:
                slot = self._add(key)
                new.append(key)
            if slot is not None:
                found[row] = slot
        return found, new

    def forget_unused(self, keys: Sequence[bytes]) -> list[int]:
        """Give back the slots of those `keys` that had no accepted bar; returns these slots."""
        unused = [key for key in keys if not self.states[self._slots[key]]["derived"]["validation"]["accepted"]]
        freed = [self._slots.pop(key) for key in unused]
        for slot in freed:
            del self._keys[slot]
        self._free += freed
        return freed

    def _add(self, key: bytes) -> int:
        if not self._free:
            self._grow()
        slot = self._slots[key] = self._free.pop()
        self._keys[slot] = key
        symbol = key.decode(errors="replace")
        self._set_instrument(slot, self._settings.instruments.get(symbol, self._default))
        return slot

    def _grow(self) -> None:
        size = len(self.states)
        self.states = np.concatenate([self.states, np.zeros(size, STATE)])
        self.instruments = np.concatenate([self.instruments, np.zeros(size, INSTRUMENT)])
        self._free = list(range(2 * size - 1, size - 1, -1))

    def _set_instrument(self, slot: int, given: InstrumentSettings) -> None:
        row = self.instruments[slot]
        for name in INSTRUMENT.names or ():
            if name != "calendar":
                row[name] = getattr(given, name)
        row["calendar"] = self._settings.validation.calendar_row(given.calendar)
