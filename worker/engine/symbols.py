"""Where each symbol's state lies: key → slot, with the state and instrument arrays that grow with the symbols."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.engine.bar import INSTRUMENT
from worker.engine.key_table import KeyTable
from worker.engine.raw import RawRecords
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
        self._table = KeyTable(FIRST)
        self._free = list(range(FIRST - 1, -1, -1))
        self._settings = settings
        self._rows: dict[str, NDArray[Any]] = {}  # instrument rows by symbol; "" for all without their own

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

    def slots_of(self, key: bytes | None, wanted: NDArray[np.bool_]) -> tuple[NDArray[np.int64], list[bytes]]:
        """The same for records that all have one key."""
        slot, first, new = None if key is None else self._slots.get(key), 0, list[bytes]()
        if key is not None and slot is None and wanted.any():
            slot, first, new = self._add(key), int(wanted.argmax()), [key]
        found = np.full(wanted.size, -1 if slot is None else slot, np.int64)
        found[:first] = -1
        return found, new

    def slots_raw(self, raw: RawRecords, wanted: NDArray[np.bool_]) -> tuple[NDArray[np.int64], list[bytes]]:
        """The same for the keys of `raw`, without an object a record."""
        new: list[bytes] = []
        found = np.empty(len(raw), np.int64)
        row = self._table.find(raw, wanted, found)
        while row < len(raw):
            [found[row]], added = self.slots([raw.key(row)], [bool(wanted[row])])
            new += added
            row = self._table.find(raw, wanted, found, row + 1)
        return found, new

    def forget_unused(self, keys: Sequence[bytes]) -> list[int]:
        """Give back the slots of those `keys` that had no accepted bar; returns these slots."""
        unused = [key for key in keys if not self.states[self._slots[key]]["derived"]["validation"]["accepted"]]
        freed = [self._slots.pop(key) for key in unused]
        for slot in freed:
            del self._keys[slot]
            self._table.remove(slot)
        self._free += freed
        return freed

    def reserve(self, symbols: int) -> None:
        """Make room for so many symbols at once."""
        size = wider = len(self.states)
        while wider < symbols:
            wider *= 2
        if wider > size:
            self.states = np.concatenate([self.states, np.zeros(wider - size, STATE)])
            self.instruments = np.concatenate([self.instruments, np.zeros(wider - size, INSTRUMENT)])
            self._table.reserve(wider)
            self._free = [*range(wider - 1, size - 1, -1), *self._free]

    def _add(self, key: bytes) -> int:
        if not self._free:
            self.reserve(len(self.states) + 1)
        slot = self._slots[key] = self._free.pop()
        self._keys[slot] = key
        self._table.put(key, slot)
        self.instruments[slot] = self._instrument(key.decode(errors="replace"))
        return slot

    def _instrument(self, symbol: str) -> NDArray[Any]:
        given = self._settings.instruments.get(symbol)
        name = symbol if given else ""
        if name not in self._rows:
            self._rows[name] = self._row(given or InstrumentSettings())
        return self._rows[name]

    def _row(self, given: InstrumentSettings) -> NDArray[Any]:
        row = np.zeros(1, INSTRUMENT)
        for field in INSTRUMENT.names or ():
            if field != "calendar":
                row[field] = getattr(given, field)
        row["calendar"] = self._settings.validation.calendar_row(given.calendar)
        return row[0]  # type: ignore[no-any-return]
