"""The newest events of a channel: encoded once, and sent to each of its streams by reference."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import NamedTuple

QUEUE = 1_000  # events that wait for a slow reader
YOUNG = 1.0  # seconds for which more may wait: a burst is no slow reader
MOST_BYTES = 32 * 1024 * 1024  # of them all
PIECE_BYTES = 64 * 1024  # of one write

Offsets = Mapping[str, Sequence[int]]  # next offset by topic and partition


class Left(Exception):
    """What a reader wants next is no longer held for it."""


class Taken(NamedTuple):
    """What a reader writes at once."""

    body: bytes
    number: int  # of what follows
    after: Offsets


class Piece(NamedTuple):
    """Some events in a row."""

    body: bytes
    events: int
    born: float  # loop time, seconds
    after: Offsets


class Ring:
    """Pieces with consecutive numbers, the oldest of which leave."""

    def __init__(self) -> None:
        self._pieces: deque[Piece] = deque()
        self.first = self.next = 0  # number of the oldest piece, and of the next one
        self._events = self._bytes = 0

    def __len__(self) -> int:
        return self._events

    def add(self, piece: Piece) -> None:
        """Add a piece, and forget those that only a slow reader still waits for."""
        self._pieces.append(piece)
        self.next += 1
        self._events += piece.events
        self._bytes += len(piece.body)
        while len(self._pieces) > 1 and self._superfluous(self._pieces[0], piece.born):
            self._forget()

    def forget(self, before: int) -> None:
        """Forget the pieces before a number, which all readers have taken."""
        while self.first < min(before, self.next):
            self._forget()

    def _forget(self) -> None:
        old = self._pieces.popleft()
        self.first += 1
        self._events -= old.events
        self._bytes -= len(old.body)

    def _superfluous(self, oldest: Piece, now: float) -> bool:
        if self._bytes > MOST_BYTES:
            return True
        return self._events - oldest.events >= QUEUE and now - oldest.born > YOUNG

    def take(self, number: int) -> Taken | None:
        """Return pieces from a number on; None while there is none.

        Raises:
            Left: it has left.
        """
        if number >= self.next:
            return None
        if number < self.first:
            raise Left
        bodies: list[bytes] = []
        size, at = 0, number - self.first
        while at < len(self._pieces) and (not bodies or size < PIECE_BYTES):
            piece = self._pieces[at]
            bodies.append(piece.body)
            size += len(piece.body)
            at += 1
        return Taken(b"".join(bodies) if len(bodies) > 1 else bodies[0], self.first + at, piece.after)
