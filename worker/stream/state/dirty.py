"""Dirty symbols, changed since their last snapshot, and the choice of those due to be saved."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.engine.kernel import kernel

NONE = -1
WARM_UP = 1_024  # records that rebuild a `derived` part (domain §0)
MIN_OFFSETS = 200_000
OFFSETS_A_SYMBOL = 100
_GOLDEN = 0.6180339887498949

SYMBOL = np.dtype(
    [
        ("first", "i8"),  # input offset of the first unsaved change, NONE if clean
        ("records", "i8"),  # since the last snapshot
        ("warm_from", "i8"),  # at least WARM_UP records back, once there are as many
        ("warm_next", "i8"),  # becomes `warm_from` after WARM_UP records
        ("warm_records", "i8"),  # since `warm_next`
    ]
)


@kernel
def _note(rows, slots, offsets):  # type: ignore[no-untyped-def]
    """Return whether any record changed a state."""
    last = np.int64(NONE)
    for i in range(slots.size):
        if slots[i] < 0:
            continue
        row, last = rows[slots[i]], offsets[i]
        if row.first == NONE:
            row.first = last
        row.records += 1
        if row.warm_from == NONE:
            row.warm_from = row.warm_next = last
        row.warm_records += 1
    for i in range(slots.size):
        if slots[i] < 0:
            continue
        row = rows[slots[i]]
        if row.warm_records >= WARM_UP:
            row.warm_from = row.warm_next
            row.warm_next = last + 1
            row.warm_records = 0
    return last != NONE


@kernel
def _known(rows):  # type: ignore[no-untyped-def]
    """Return the number of symbols that were ever changed."""
    count = 0
    for slot in range(rows.size):
        count += rows[slot].warm_from != NONE
    return count


@kernel
def _find_due(rows, share, records, offsets, next_offset, found):  # type: ignore[no-untyped-def]
    """Write the dirty slots that have as many records or offsets as their shares of the limits; return their number."""
    count = 0
    for slot in range(rows.size):
        row = rows[slot]
        if row.first == NONE:
            continue
        if row.records >= share[slot] * records or next_offset - row.first >= share[slot] * offsets:
            found[count] = slot
            count += 1
    return count


@kernel
def _oldest(rows):  # type: ignore[no-untyped-def]
    least = np.int64(NONE)
    for slot in range(rows.size):
        first = rows[slot].first
        if first != NONE and (least == NONE or first < least):
            least = first
    return least


def warm_up() -> None:
    """Compile the kernels, or load them from the cache."""
    rows, none = np.zeros(0, SYMBOL), np.zeros(0, np.int64)
    _note(rows, none, none)
    _known(rows)
    _find_due(rows, np.zeros(0), 1, 1, 1, none)
    _oldest(rows)


class Limits(NamedTuple):
    """The most records and offsets for which a symbol may stay dirty."""

    records: int
    offsets: int  # 0 = by the number of symbols

    def widest(self, symbols: int) -> int:
        """Return the most offsets that may be unsaved."""
        return self.offsets or max(MIN_OFFSETS, OFFSETS_A_SYMBOL * symbols)


class DirtySymbols:
    """The dirty symbols of one partition, by slot.

    Due times are spread over the second half of each limit, so that symbols with equal traffic are not all saved in one
    transaction.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._rows = np.zeros(0, SYMBOL)
        self._some: bool | None = False  # whether any is dirty; None: look
        self._share = np.zeros(0)  # of the limits, 0.5 to 1

    def note(self, slots: NDArray[np.int64], offsets: NDArray[np.int64]) -> None:
        """Mark the states in `slots` (NONE: no state) as changed by records at `offsets` (ascending)."""
        if slots.size:
            self._reach(int(slots.max()) + 1)
            if _note(self._rows, slots, np.ascontiguousarray(offsets)):
                self._some = True

    def restored(self, slot: int, warm_from: int, warm_next: int) -> None:
        """Mark the state in `slot` as loaded from a snapshot."""
        self._reach(slot + 1)
        self._rows[slot] = (NONE, 0, warm_from, warm_next, 0)
        self._some = None

    def warm(self, slot: int) -> tuple[int, int]:
        """Return (warm_from, warm_next) of a symbol."""
        row = self._rows[slot]
        return int(row["warm_from"]), int(row["warm_next"])

    def due(self, next_offset: int) -> NDArray[np.int64]:
        """Return the slots to save in the transaction that commits `next_offset`, oldest change first."""
        if not self.any:
            return np.zeros(0, np.int64)
        widest = self._limits.widest(_known(self._rows))
        found = np.empty(len(self._rows), np.int64)
        count = _find_due(self._rows, self._share, self._limits.records, widest, next_offset, found)
        return self._oldest_first(found[:count])

    def all(self) -> NDArray[np.int64]:
        """Return all dirty slots, oldest change first."""
        return self._oldest_first(np.flatnonzero(self._rows["first"] != NONE))

    @property
    def any(self) -> bool:
        """Whether any symbol is dirty."""
        if self._some is None:
            self._some = bool((self._rows["first"] != NONE).any())
        return self._some

    def saved(self, slots: NDArray[np.int64]) -> None:
        """Mark the states in `slots` as saved."""
        self._rows["first"][slots] = NONE
        self._rows["records"][slots] = 0
        self._some = None

    def oldest(self, next_offset: int, without: NDArray[np.int64]) -> int:
        """Return the input offset of the oldest unsaved change outside slots `without`; `next_offset` if none."""
        rows = self._rows
        if without.size:
            rows = rows.copy()
            rows["first"][without] = NONE
        first = int(_oldest(rows))
        return next_offset if first == NONE else first

    def _oldest_first(self, slots: NDArray[np.int64]) -> NDArray[np.int64]:
        return slots[np.argsort(self._rows["first"][slots], kind="stable")]

    def _reach(self, size: int) -> None:
        if size <= (have := len(self._rows)):
            return
        size = max(size, 2 * have, 64)
        rows = np.zeros(size, SYMBOL)
        rows["first"] = rows["warm_from"] = rows["warm_next"] = NONE
        rows[:have] = self._rows
        self._rows = rows
        self._share = 1.0 - np.arange(size) * _GOLDEN % 1.0 / 2
