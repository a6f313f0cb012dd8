"""Each symbol's slot, its permanent number, and the frame of its state while in memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.engine.records.key_table import KeyTable
from worker.engine.records.raw import RawRecords
from worker.engine.settings import EngineSettings
from worker.engine.state.beside import Beside
from worker.engine.state.frames import Frames, Spill
from worker.engine.state.instrument_rows import InstrumentRows

FIRST = 64  # slots


class Symbols:
    """Slots of one partition. A slot whose symbol has no accepted bar is all zero and is released."""

    def __init__(self, settings: EngineSettings, spill: Spill | None = None, beside: Beside | None = None) -> None:
        self._slots: dict[bytes, int] = {}
        self._keys: dict[int, bytes] = {}
        self._table = KeyTable(FIRST)
        self._size = FIRST
        self._free = list(range(FIRST - 1, -1, -1))
        self.frames = Frames(FIRST, InstrumentRows(settings, self._keys), spill, beside)

    def __len__(self) -> int:
        return len(self._slots)

    @property
    def states(self) -> NDArray[Any]:
        """The states in memory, by frame."""
        return self.frames.states

    @property
    def instruments(self) -> NDArray[Any]:
        """The instruments of these states."""
        return self.frames.instruments

    def get(self, key: bytes) -> int | None:
        """Return the slot of a known symbol."""
        return self._slots.get(key)

    def key(self, slot: int) -> bytes:
        """Return the symbol in a used slot."""
        return self._keys[slot]

    def at(self, frame: int) -> bytes:
        """Return the symbol whose state is in a frame."""
        return self._keys.get(self.frames.slot(frame), b"")

    def add(self, key: bytes) -> int:
        """Return the slot of a symbol; assign one if it has none."""
        slot = self._slots.get(key)
        return self._add(key) if slot is None else slot

    def slots(self, keys: Sequence[bytes | None], wanted: Sequence[bool]) -> tuple[NDArray[np.int64], list[bytes]]:
        """Return the slot of each key, -1 where there is none, and the new keys; keys that are `wanted` get a slot."""
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

    def slots_of(self, key: bytes | None, wanted: NDArray[np.bool_]) -> tuple[NDArray[np.int64], list[bytes]]:
        """Return slots as `slots`, for records that all have one key."""
        slot, first, new = None if key is None else self._slots.get(key), 0, list[bytes]()
        if key is not None and slot is None and wanted.any():
            slot, first, new = self._add(key), int(wanted.argmax()), [key]
        found = np.full(wanted.size, -1 if slot is None else slot, np.int64)
        found[:first] = -1
        return found, new

    def slots_raw(self, raw: RawRecords, wanted: NDArray[np.bool_]) -> tuple[NDArray[np.int64], list[bytes]]:
        """Return slots as `slots`, for the keys of `raw`, without per-record objects."""
        new: list[bytes] = []
        found = np.empty(len(raw), np.int64)
        row = self._table.find(raw, wanted, found)
        while row < len(raw):
            [found[row]], added = self.slots([raw.key(row)], [bool(wanted[row])])
            new += added
            row = self._table.find(raw, wanted, found, row + 1)
        return found, new

    def forget_unused(self, keys: Sequence[bytes]) -> list[int]:
        """Release the slots of those `keys`, new in this batch, that had no accepted bar; return these slots."""
        if not keys:
            return []
        slots = np.array([self._slots[key] for key in keys])
        accepted = self.states["derived"]["validation"]["accepted"][self.frames.of(slots)]
        freed: list[int] = slots[accepted == 0].tolist()
        for slot in freed:
            del self._slots[self._keys.pop(slot)]
            self._table.remove(slot)
            self.frames.drop(slot)
        self._free += freed
        return freed

    def reserve(self, symbols: int) -> None:
        """Allocate for this many symbols at once."""
        size = wider = self._size
        while wider < symbols:
            wider *= 2
        if wider > size:
            self.frames.reserve(wider)
            self._table.reserve(wider)
            self._free = [*range(wider - 1, size - 1, -1), *self._free]
            self._size = wider

    def _add(self, key: bytes) -> int:
        if not self._free:
            self.reserve(self._size + 1)
        slot = self._slots[key] = self._free.pop()
        self._keys[slot] = key
        self._table.put(key, slot)
        self.frames.enter(slot)
        return slot
