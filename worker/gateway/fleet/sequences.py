"""Whether anything is lost: the sequence numbers of each symbol, over decisions and rejections together."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import msgspec

from worker.gateway.log.entry import Entry
from worker.gateway.log.newest import name_of

GRACE = 15.0  # seconds for the other topic's records
SHOWN = 20


class _Decided(msgspec.Struct):
    sequence: int


class _Rejected(msgspec.Struct):
    symbol: str | None
    sequence: int | None


_decided = msgspec.json.Decoder(_Decided).decode
_rejected = msgspec.json.Decoder(_Rejected).decode
_STRANGE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class Gap(NamedTuple):
    """Numbers that no record has."""

    symbol: str
    after_sequence: int
    missing: int


class Sequences:
    """Every record of a symbol that workers took has one outcome with the next number: what is missing is lost.

    A symbol counts from the first number on that was seen. Numbers that come again, as after a state was reset or under
    `at_least_once`, are none that are missing.
    """

    def __init__(self) -> None:
        self.records = 0
        self.lost = 0
        self.gaps: deque[Gap] = deque(maxlen=SHOWN)
        self._reached: dict[str, int] = {}  # all up to this one were seen
        self._ahead: dict[str, tuple[float, set[int]]] = {}  # since when, and what was seen beyond a gap

    @property
    def symbols(self) -> int:
        """Number of symbols that were seen."""
        return len(self._reached)

    def begin(self, decisions: list[Entry], rejections: list[Entry]) -> None:
        """Begin behind records that were there before; each symbol's newest count."""
        for symbol, sequence in (*_of_decisions(decisions), *_of_rejections(rejections)):
            self._reached[symbol] = max(sequence, self._reached.get(symbol, 0))

    def decided(self, now: float, entries: list[Entry]) -> None:
        """Take decisions at a time in seconds."""
        for symbol, sequence in _of_decisions(entries):
            self._note(now, symbol, sequence)

    def rejected(self, now: float, entries: list[Entry]) -> None:
        """Take rejections at a time in seconds."""
        for symbol, sequence in _of_rejections(entries):
            self._note(now, symbol, sequence)

    def _note(self, now: float, symbol: str, sequence: int) -> None:
        self.records += 1
        reached = self._reached.get(symbol)
        if reached is None or (sequence == reached + 1 and symbol not in self._ahead):
            self._reached[symbol] = sequence
        elif sequence > reached:
            self._ahead.setdefault(symbol, (now, set()))[1].add(sequence)
            self._close(symbol, now)

    def _close(self, symbol: str, now: float) -> None:
        """Go on over numbers that have come meanwhile."""
        since, ahead = self._ahead.pop(symbol)
        reached = self._reached[symbol]
        moved = False
        while reached + 1 in ahead:
            reached, moved = reached + 1, True
            ahead.discard(reached)
        self._reached[symbol] = reached
        if ahead:
            self._ahead[symbol] = (now if moved else since), ahead

    def judge(self, now: float) -> None:
        """Count what is missing for longer than `GRACE`."""
        for symbol in [symbol for symbol, (since, _) in self._ahead.items() if now - since > GRACE]:
            _, ahead = self._ahead[symbol]
            reached, following = self._reached[symbol], min(ahead)
            self.lost += following - reached - 1
            self.gaps.appendleft(Gap(symbol, reached, following - reached - 1))
            self._reached[symbol] = following - 1
            self._close(symbol, now)


def _of_decisions(entries: list[Entry]) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for entry in entries:
        try:
            found.append((name_of(entry.key), _decided(entry.value or b"").sequence))
        except _STRANGE:
            continue
    return found


def _of_rejections(entries: list[Entry]) -> list[tuple[str, int]]:
    found: list[tuple[str, int]] = []
    for entry in entries:
        try:
            said = _rejected(entry.value or b"")
        except _STRANGE:
            continue
        if said.symbol is not None and said.sequence is not None:
            found.append((said.symbol, said.sequence))
    return found
