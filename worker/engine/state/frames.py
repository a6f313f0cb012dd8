"""The states in memory, one per frame, and the frame of each slot: all states, or those used last."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from worker.engine.bar import INSTRUMENT
from worker.engine.state.beside import Beside
from worker.engine.state.instrument_rows import InstrumentRows
from worker.engine.state.layout import STATE
from worker.engine.strategy.hooked import Hooked
from worker.errors import TryAgain

NONE = -1  # no slot, no frame
SHARE = 16  # a sixteenth of the frames is freed at once


class Store(Protocol):
    """Storage of the states that are not in memory, as bytes, shape (bytes per symbol,).

    That number is the same for all, and grows by `Frames.widen` alone, which writes them anew from the last slot on.
    """

    def put(self, slot: int, state: NDArray[np.uint8]) -> bool:
        """Store the state of a slot; False when it can't: then it stays in memory."""

    def get(self, slot: int, state: NDArray[np.uint8]) -> None:
        """Write the last stored state of a slot to `state`; raise if it can't: the engine is then unusable."""


class Spill(NamedTuple):
    """The number of states in memory, and the store of the others."""

    resident: int  # frames; more only for one batch with more symbols, or when the store takes no more
    store: Store


class Frames:
    """States and instruments by frame. Without a spill, a slot's frame has the slot's number.

    With a spill, the least recently used frames are evicted (LRU); a batch's own symbols never are. `beside` is what a
    strategy keeps of each symbol: it comes and goes with the state, as the bytes after it.
    """

    def __init__(
        self, size: int, rows: InstrumentRows, spill: Spill | None = None, beside: Beside | None = None
    ) -> None:
        self.states: NDArray[Any] = np.zeros(0, STATE)
        self.raw: NDArray[np.uint8] = np.zeros((0, STATE.itemsize), np.uint8)  # `states` as bytes
        self.instruments: NDArray[Any] = np.zeros(0, INSTRUMENT)
        self.place = 0, 0, 0  # addresses of `states` and `instruments`, and their length
        self.beside = beside
        self._rows = rows
        self._special: set[int] = set()  # frames with an instrument of their own
        self._spill = spill
        self._frame = np.full(0, NONE)  # by slot
        self._slot = np.full(0, NONE)  # by frame
        self._used = np.zeros(0, np.int64)  # turn of the last use, by frame
        self._spilled: set[int] = set()  # slots
        self._free: list[int] = []
        self._turn = 0
        self.reserve(size)

    @property
    def spilled(self) -> int:
        """Symbols whose state is not in memory."""
        return len(self._spilled)

    def reserve(self, slots: int) -> None:
        """Allocate for slots below `slots`, and for as many of their states as stay in memory."""
        if self._spill is None:
            self._grow(slots)
            return
        more = np.full(max(slots - len(self._frame), 0), NONE)
        self._frame = np.concatenate([self._frame, more])
        self._grow(min(slots, self._spill.resident))

    def widen(self, strategy: Hooked) -> None:
        """Make room for what another strategy keeps beside each state.

        Raises:
            TryAgain: the store takes no more.
        """
        beside = self.beside
        assert beside is not None
        columns = beside.wider(strategy)
        if columns == beside.columns:
            return
        for slot in sorted(self._spilled, reverse=True):
            assert self._spill is not None
            whole = self._stored(slot)
            state, content = whole[: STATE.itemsize], whole[STATE.itemsize :]
            if not self._spill.store.put(slot, np.concatenate([state, beside.relaid(content, columns)])):
                raise TryAgain("spilled states have no room for what a strategy keeps", "Restart the worker")
        beside.widen(columns)

    def enter(self, slot: int) -> None:
        """Assign a slot to a symbol; its state is zero."""
        if self._spill is None:
            self._set_instrument(slot, slot)

    def of(self, slots: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the frames of slots (n,), NONE where there is none; load spilled states first."""
        if self._spill is None:
            return slots
        self._turn += 1
        wanted = np.unique(slots[slots >= 0])
        frames = self._frame[wanted]
        self._used[frames[frames >= 0]] = self._turn
        absent = wanted[frames < 0]
        if absent.size:
            self._make_free(absent.size)
            for slot in absent.tolist():
                self._bring(slot)
        return np.where(slots >= 0, self._frame[slots], NONE)

    def state(self, slot: int) -> NDArray[np.uint8]:
        """Return a slot's state as bytes, in memory; valid until the next call of any other method."""
        frame = slot if self._spill is None else int(self.of(np.array([slot]))[0])
        row: NDArray[np.uint8] = self.raw[frame]
        return row

    def frame(self, slot: int) -> int:
        """Return the frame of a slot whose state is in memory."""
        return slot if self._spill is None else int(self._frame[slot])

    def slot(self, frame: int) -> int:
        """Return the slot whose state is in a frame."""
        return frame if self._spill is None else int(self._slot[frame])

    def read(self, slot: int) -> NDArray[np.uint8]:
        """Return a copy of a slot's state as bytes, with what lies beside it; a spilled one stays spilled."""
        frame = slot if self._spill is None else int(self._frame[slot])
        return self._whole(frame) if frame >= 0 else self._stored(slot)

    def drop(self, slot: int) -> None:
        """Release a slot, whose state is in memory and zero."""
        if self._spill is not None:
            frame = int(self._frame[slot])
            self._frame[slot] = self._slot[frame] = NONE
            self._free.append(frame)

    def _bring(self, slot: int) -> None:
        assert self._spill is not None
        frame = self._free.pop()
        if slot in self._spilled:
            self._put_back(frame, slot)
            self._spilled.remove(slot)
        else:
            self.raw[frame] = 0
            if self.beside is not None:
                self.beside.clear(frame)
        self._frame[slot], self._slot[frame], self._used[frame] = frame, slot, self._turn
        self._set_instrument(slot, frame)

    def _make_free(self, count: int) -> None:
        assert self._spill is not None
        size, most = len(self.states), self._spill.resident
        if len(self._free) < count and size < most:
            self._grow(min(max(2 * size, size + count - len(self._free)), most))
        if len(self._free) < count:
            self._put_away(max(count - len(self._free), most // SHARE))
        if len(self._free) < count:
            self._grow(len(self.states) + count - len(self._free))

    def _put_away(self, count: int) -> None:
        assert self._spill is not None
        idle = np.flatnonzero((self._slot >= 0) & (self._used < self._turn))
        oldest = idle[np.argsort(self._used[idle], kind="stable")][:count]
        for frame in oldest.tolist():
            slot = int(self._slot[frame])
            whole = self.raw[frame] if self.beside is None else self._whole(frame)
            if not self._spill.store.put(slot, whole):
                # Double the size, or each new symbol would copy all states.
                self._spill = self._spill._replace(resident=2 * len(self.states))
                self._grow(self._spill.resident)
                return
            self._spilled.add(slot)
            self._frame[slot] = self._slot[frame] = NONE
            self._free.append(frame)

    def _grow(self, size: int) -> None:
        more = size - len(self.states)
        if more <= 0:
            return
        instruments = np.zeros(more, INSTRUMENT)
        instruments[:] = self._rows.default
        self.instruments = np.concatenate([self.instruments, instruments])
        # As bytes: numpy copies only a record's fields and leaves the padding undefined.
        raw = np.zeros((size, STATE.itemsize), np.uint8)
        raw[: len(self.raw)] = self.raw
        self.raw, self.states = raw, raw.view(STATE).reshape(size)
        self.place = self.states.ctypes.data, self.instruments.ctypes.data, size
        if self.beside is not None:
            self.beside.grow(size)
        if self._spill is not None:
            self._free = [*range(size - 1, size - more - 1, -1), *self._free]
            self._slot = np.concatenate([self._slot, np.full(more, NONE)])
            self._used = np.concatenate([self._used, np.zeros(more, np.int64)])

    def _whole(self, frame: int) -> NDArray[np.uint8]:
        if self.beside is None:
            return np.array(self.raw[frame])
        return np.concatenate([self.raw[frame], self.beside.read(frame)])

    def _stored(self, slot: int) -> NDArray[np.uint8]:
        assert self._spill is not None
        whole = np.empty(STATE.itemsize + (0 if self.beside is None else self.beside.itemsize), np.uint8)
        self._spill.store.get(slot, whole)
        return whole

    def _put_back(self, frame: int, slot: int) -> None:
        assert self._spill is not None
        if self.beside is None:
            self._spill.store.get(slot, self.raw[frame])
            return
        whole = self._stored(slot)
        self.raw[frame] = whole[: STATE.itemsize]
        self.beside.write(frame, whole[STATE.itemsize :])

    def _set_instrument(self, slot: int, frame: int) -> None:
        own = self._rows.own(slot)
        if own is not None:
            self.instruments[frame] = own
            self._special.add(frame)
        elif frame in self._special:
            self.instruments[frame] = self._rows.default
            self._special.remove(frame)
