"""What a strategy keeps of each symbol in memory, beside the symbol's state: indicators, own state, standing order."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.engine.asking.standing import STANDING
from worker.engine.strategy.hooked import Hooked

WORD = 8  # bytes


class Parts(NamedTuple):
    """One symbol's bytes."""

    memory: NDArray[np.uint8]
    own: NDArray[np.uint8]  # up to a whole word
    standing: NDArray[np.uint8]


class Beside:
    """The records of one strategy, by frame. All zero is a symbol without any bar."""

    def __init__(self, strategy: Hooked) -> None:
        self._columns = _columns(strategy)
        self.memory: NDArray[np.float64] = np.zeros((0, self._columns[0]))
        self.own: NDArray[np.uint64] = np.zeros((0, self._columns[1]), np.uint64)
        self.standings: NDArray[Any] = np.zeros(0, STANDING)

    @property
    def itemsize(self) -> int:
        """Bytes per symbol."""
        return WORD * sum(self._columns) + STANDING.itemsize

    def grow(self, size: int) -> None:
        """Allocate for frames below `size`."""
        for name in ("memory", "own", "standings"):
            had = _bytes(getattr(self, name))
            wider = np.zeros((size, had.shape[1]), np.uint8)
            wider[: len(had)] = had
            kept = getattr(self, name)
            setattr(self, name, wider.view(kept.dtype).reshape(size, *kept.shape[1:]))

    def wider(self, strategy: Hooked) -> tuple[int, int]:
        """Return the words of indicators and own state that leave room for another strategy too."""
        indicators, own = _columns(strategy)
        return max(indicators, self._columns[0]), max(own, self._columns[1])

    def relaid(self, content: NDArray[np.uint8], columns: tuple[int, int]) -> NDArray[np.uint8]:
        """Return a frame's bytes as they are after `widen`."""
        memory, own, standing = self.split(content)
        parts = [np.zeros(WORD * words, np.uint8) for words in columns]
        parts[0][: memory.size], parts[1][: own.size] = memory, own
        return np.concatenate([*parts, standing])

    def widen(self, columns: tuple[int, int]) -> None:
        """Make room; what there is stays, at the beginning of its part."""
        for name, words in zip(("memory", "own"), columns, strict=True):
            had = getattr(self, name)
            wide = np.zeros((len(had), words), had.dtype)
            wide[:, : had.shape[1]] = had
            setattr(self, name, wide)
        self._columns = columns

    @property
    def columns(self) -> tuple[int, int]:
        """Words of indicators and own state per symbol."""
        return self._columns

    def clear(self, frame: int) -> None:
        """Make a frame that of a symbol without any bar."""
        for part in self._parts(frame):
            part[:] = 0

    def read(self, frame: int) -> NDArray[np.uint8]:
        """Return a copy of a frame's bytes."""
        return np.concatenate(self._parts(frame))

    def write(self, frame: int, content: NDArray[np.uint8]) -> None:
        """Set a frame's bytes."""
        start = 0
        for part in self._parts(frame):
            part[:] = content[start : start + part.size]
            start += part.size

    def split(self, content: NDArray[np.uint8]) -> Parts:
        """Return a frame's bytes in their parts."""
        memory, own = (WORD * words for words in self._columns)
        return Parts(content[:memory], content[memory : memory + own], content[memory + own :])

    def _parts(self, frame: int) -> list[NDArray[np.uint8]]:
        return [_bytes(rows)[frame] for rows in (self.memory, self.own, self.standings)]


def _columns(strategy: Hooked) -> tuple[int, int]:
    return strategy.words, max(-(-strategy.own.itemsize // WORD), 1)


def _bytes(rows: NDArray[Any]) -> NDArray[np.uint8]:
    width = rows.dtype.itemsize * int(np.prod(rows.shape[1:]))
    return rows.reshape(-1).view(np.uint8).reshape(len(rows), width) if width else np.zeros((len(rows), 0), np.uint8)
