"""Dirty symbols, changed since their last snapshot, and the choice of those due to be saved."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

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
        self._share = np.zeros(0)  # of the limits, 0.5 to 1

    def note(self, slots: NDArray[np.int64], offsets: NDArray[np.int64]) -> None:
        """Mark the states in `slots` (NONE: no state) as changed by records at `offsets` (ascending)."""
        touched = slots >= 0
        slots, offsets = slots[touched], offsets[touched]
        if not slots.size:
            return
        self._reach(int(slots.max()) + 1)
        rows = self._rows
        counts = np.bincount(slots, minlength=len(rows))
        first = np.full(len(rows), NONE)
        first[slots[::-1]] = offsets[::-1]  # the last value assigned to a slot, its lowest offset, stays
        changed = np.flatnonzero(counts)
        clean = changed[rows["first"][changed] == NONE]
        rows["first"][clean] = first[clean]
        rows["records"] += counts
        new = changed[rows["warm_from"][changed] == NONE]
        rows["warm_from"][new] = rows["warm_next"][new] = first[new]
        rows["warm_records"] += counts
        warm = changed[rows["warm_records"][changed] >= WARM_UP]
        rows["warm_from"][warm] = rows["warm_next"][warm]
        rows["warm_next"][warm] = offsets[-1] + 1
        rows["warm_records"][warm] = 0

    def restored(self, slot: int, warm_from: int, warm_next: int) -> None:
        """Mark the state in `slot` as loaded from a snapshot."""
        self._reach(slot + 1)
        self._rows[slot] = (NONE, 0, warm_from, warm_next, 0)

    def warm(self, slot: int) -> tuple[int, int]:
        """Return (warm_from, warm_next) of a symbol."""
        row = self._rows[slot]
        return int(row["warm_from"]), int(row["warm_next"])

    def due(self, next_offset: int) -> NDArray[np.int64]:
        """Return the slots to save in the transaction that commits `next_offset`, oldest change first."""
        rows = self._rows
        symbols = int(np.count_nonzero(rows["warm_from"] != NONE))
        age = next_offset - rows["first"]
        late = (rows["records"] >= self._share * self._limits.records) | (
            age >= self._share * self._limits.widest(symbols)
        )
        return self._oldest_first(np.flatnonzero(late & (rows["first"] != NONE)))

    def all(self) -> NDArray[np.int64]:
        """Return all dirty slots, oldest change first."""
        return self._oldest_first(np.flatnonzero(self._rows["first"] != NONE))

    @property
    def any(self) -> bool:
        """Whether any symbol is dirty."""
        return bool((self._rows["first"] != NONE).any())

    def saved(self, slots: NDArray[np.int64]) -> None:
        """Mark the states in `slots` as saved."""
        self._rows["first"][slots] = NONE
        self._rows["records"][slots] = 0

    def oldest(self, next_offset: int, without: NDArray[np.int64]) -> int:
        """Return the input offset of the oldest unsaved change outside slots `without`; `next_offset` if none."""
        first = self._rows["first"].copy()
        first[without] = NONE
        first = first[first != NONE]
        return int(first.min()) if first.size else next_offset

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
