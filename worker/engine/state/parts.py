"""The parts of a batch: the rows whose states lie together, those of one partition.

A call of a kernel with all parameters costs as much as some ten records, so the rows of several partitions share one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.engine.bar import INSTRUMENT
from worker.engine.intrinsics.arrays import array_at
from worker.engine.kernel import inlined
from worker.engine.state.layout import STATE

PART = np.dtype(
    [
        ("states", "i8"),  # address of STATE, shape (capacity,)
        ("instruments", "i8"),  # address of INSTRUMENT, shape (capacity,)
        ("capacity", "i8"),
        ("begin", "i8"),  # first place in the order of the batch
        ("end", "i8"),  # behind its last one
        ("known", "i8"),  # symbols with an accepted bar; `observe` counts on
        ("most", "i8"),  # limit of these
    ]
)
EVERY = 2**62  # no limit of symbols


def parts_of(rows: Sequence[tuple[int, int, int, int, int, int, int]]) -> NDArray[Any]:
    """Return PARTs, shape (n,); their arrays are contiguous, and outlive their use."""
    return np.array(rows, PART)


def whole(states: NDArray[Any], instruments: NDArray[Any], rows: int, known: int = 0, most: int = EVERY) -> Any:
    """Return the one part of a batch of `rows` rows."""
    return parts_of([(states.ctypes.data, instruments.ctypes.data, len(states), 0, rows, known, most)])


states_at, bytes_at = array_at(STATE), array_at(np.dtype(np.uint8), STATE.itemsize)
instruments_at = array_at(INSTRUMENT)


@inlined
def states_of(part):  # type: ignore[no-untyped-def]
    """Return a part's states, STATE, shape (capacity,)."""
    return states_at(part.states, part.capacity)


@inlined
def bytes_of(part):  # type: ignore[no-untyped-def]
    """Return a part's states as bytes, shape (capacity, bytes per symbol)."""
    return bytes_at(part.states, part.capacity)


@inlined
def instruments_of(part):  # type: ignore[no-untyped-def]
    """Return a part's instruments, INSTRUMENT, shape (capacity,)."""
    return instruments_at(part.instruments, part.capacity)
