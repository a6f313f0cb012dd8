"""Hash table from keys to slots for compiled code: open addressing with linear probing over the keys' bytes.

The hash is the same in every process, and no slot depends on it: the table only stores slots that others assigned.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.engine.elementary.words import address_of, word_at
from worker.engine.kernel import kernel
from worker.engine.records.raw import ROW, RawRecords

LONGEST = 64  # bytes per key
WORD = 8
NONE = -1
# An entry is the upper half of the key's hash and its slot + 1; 0 where there is none.
SLOT, ONE, HALF = np.uint64(2**32 - 1), np.uint64(1), np.uint64(32)
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio [Knuth, The Art of Computer Programming 6.4]
ALL = np.uint64(2**64 - 1)


@kernel
def _word(address, size, done):  # type: ignore[no-untyped-def]
    # The key's bytes from `done` on, zeros after its end; reads up to 7 bytes beyond it.
    word = word_at(address + done)
    left = size - done
    return word if left >= WORD else word & (ALL >> np.uint64(64 - 8 * left))


@kernel
def _hash(address, size):  # type: ignore[no-untyped-def]
    mixed = np.uint64(size)
    for done in range(0, size, WORD):
        mixed = (mixed ^ _word(address, size, done)) * MULTIPLIER
        mixed ^= mixed >> HALF
    return mixed


@kernel
def _equal(address, size, key):  # type: ignore[no-untyped-def]
    same = True
    for done in range(0, size, WORD):
        same &= _word(address, size, done) == word_at(key + done)
    return same


@kernel
def _find(entries, keys, sizes, address, size):  # type: ignore[no-untyped-def]
    hashed = _hash(address, size)
    last = np.uint64(entries.size - 1)
    at = hashed & last
    while entries[at] != np.uint64(0):
        if entries[at] >> HALF == hashed >> HALF:
            slot = np.int64(entries[at] & SLOT) - 1
            if sizes[slot] == size and _equal(address, size, address_of(keys) + slot * LONGEST):
                return slot
        at = (at + ONE) & last
    return NONE


@kernel
def _put(entries, keys, sizes, slot):  # type: ignore[no-untyped-def]
    hashed = _hash(address_of(keys) + slot * LONGEST, sizes[slot])
    last = np.uint64(entries.size - 1)
    at = hashed & last
    while entries[at] != np.uint64(0):
        at = (at + ONE) & last
    entries[at] = (hashed >> HALF) << HALF | np.uint64(slot + 1)


@kernel
def _fill(entries, keys, sizes):  # type: ignore[no-untyped-def]
    for slot in range(sizes.size):
        if sizes[slot] >= 0:
            _put(entries, keys, sizes, slot)


@kernel
def _remove(entries, keys, sizes, slot):  # type: ignore[no-untyped-def]
    last = np.uint64(entries.size - 1)
    hole = _hash(address_of(keys) + slot * LONGEST, sizes[slot]) & last
    while entries[hole] & SLOT != np.uint64(slot + 1):
        hole = (hole + ONE) & last
    # Later entries move into the hole unless that would put them before their own home.
    at = (hole + ONE) & last
    while entries[at] != np.uint64(0):
        other = np.int64(entries[at] & SLOT) - 1
        home = _hash(address_of(keys) + other * LONGEST, sizes[other]) & last
        if (at - home) & last >= (at - hole) & last:
            entries[hole] = entries[at]
            hole = at
        at = (at + ONE) & last
    entries[hole] = np.uint64(0)


@kernel
def _find_all(data, rows, wanted, entries, keys, sizes, found, start):  # type: ignore[no-untyped-def]
    for i in range(start, rows.size):
        place, size = np.int64(rows[i].key), np.int64(rows[i].key_size)
        slot = NONE
        if size >= 0:
            if size > LONGEST or place + size + WORD > data.size:
                return i
            slot = _find(entries, keys, sizes, address_of(data) + place, size)
            if slot == NONE and wanted[i]:
                return i
        found[i] = slot
    return rows.size


class KeyTable:
    """The slot of each key of up to LONGEST bytes. Slots count from 0 and are below `slots`."""

    def __init__(self, slots: int) -> None:
        self._keys: NDArray[np.uint8] = np.zeros((slots, LONGEST), np.uint8)
        self._sizes: NDArray[np.int64] = np.full(slots, NONE, np.int64)
        self._entries: NDArray[np.uint64] = np.zeros(2 * slots, np.uint64)

    @property
    def _arrays(self) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        return self._entries, self._keys, self._sizes

    def reserve(self, slots: int) -> None:
        """Allocate for slots below `slots`, a power of two."""
        more = slots - len(self._sizes)
        self._keys = np.concatenate([self._keys, np.zeros((more, LONGEST), np.uint8)])
        self._sizes = np.concatenate([self._sizes, np.full(more, NONE, np.int64)])
        self._entries = np.zeros(2 * slots, np.uint64)
        _fill(*self._arrays)

    def put(self, key: bytes, slot: int) -> None:
        """Store the slot of a new key; skip longer keys."""
        if len(key) <= LONGEST:
            self._keys[slot] = np.frombuffer(key.ljust(LONGEST, b"\0"), np.uint8)
            self._sizes[slot] = len(key)
            _put(*self._arrays, slot)

    def remove(self, slot: int) -> None:
        """Remove the key of a slot, if it has one."""
        if self._sizes[slot] >= 0:
            _remove(*self._arrays, slot)
            self._sizes[slot] = NONE

    def find(self, raw: RawRecords, wanted: NDArray[np.bool_], found: NDArray[np.int64], start: int = 0) -> int:
        """Write the slots of the records' keys to `found` from row `start` on, NONE without one.

        Return the first row that the caller must resolve, or the number of rows: its key is wanted and
        has no slot, is too long, or lies at the very end of the buffer.
        """
        return int(_find_all(*raw.arrays(), wanted, *self._arrays, found, start))


class KeyIndex:
    """Index of raw records' keys in a fixed list of `keys`."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        self.keys = keys
        self._places = {key: place for place, key in enumerate(keys)}
        self._table = KeyTable(1 << len(keys).bit_length())
        for place, key in enumerate(keys):
            self._table.put(key, place)

    def places(self, raw: RawRecords) -> NDArray[np.int64]:
        """Return the place of each key, shape (n,); NONE if it isn't in the list."""
        found, none_wanted = np.empty(len(raw), np.int64), np.zeros(len(raw), np.bool_)
        row = self._table.find(raw, none_wanted, found)
        while row < len(raw):
            found[row] = self._places.get(raw.key(row) or b"", NONE)
            row = self._table.find(raw, none_wanted, found, row + 1)
        return found


def warm_up() -> None:
    """Compile the kernels, or load them from the cache."""
    table, none = KeyTable(1), np.zeros(0, np.int64)
    table.put(b"", 0)
    table.reserve(2)
    table.find(RawRecords(np.zeros(0, np.uint8), np.zeros(0, ROW)), none == 0, none)
    table.remove(0)
