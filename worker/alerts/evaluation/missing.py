"""Sequence numbers of symbols that no record has: over decisions and rejections together."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from worker.alerts.evaluation.series import Table
from worker.alerts.evaluation.sources import Sequence

MOST = 1_000  # missing numbers of a symbol that are known one by one


class Seen(msgspec.Struct, array_like=True):
    """A symbol's numbers."""

    partition: int
    newest: int
    missing: list[int] = []  # the oldest ones
    more: int = 0  # further ones that are only counted


class Missing:
    """The numbers that are still to come, or lost. A symbol begins with the first number that is seen."""

    def __init__(self, stored: Mapping[str, bytes], most: int) -> None:
        """Begin with what is stored; at most so many symbols are kept.

        Raises:
            DataError: the stored state can't be read.
        """
        self.table = Table("sequence", Seen, stored)
        self._most = most

    def note(self, symbol: str, partition: int, sequence: int) -> Sequence | None:
        """Note a record; return how many are missing where there are some, or were some."""
        seen = self.table.get(symbol)
        if seen is None:
            if len(self.table) < self._most:
                self.table.put(symbol, Seen(partition, sequence))
            return None
        self.table.touch(symbol)
        had = bool(seen.missing)
        if sequence > seen.newest:
            self._skip(seen, sequence)
        elif sequence in seen.missing:
            seen.missing.remove(sequence)
            seen.more = seen.more if seen.missing else 0
        elif sequence == 1:  # the group or its state has begun anew
            seen.newest, seen.missing, seen.more = 1, [], 0
        if not (had or seen.missing):
            return None
        first = seen.missing[0] if seen.missing else None
        return Sequence(symbol, partition, seen.newest, len(seen.missing) + seen.more, first)

    def forgive(self, symbol: str) -> Sequence | None:
        """Take what is missing for lost; return the symbol without anything missing."""
        seen = self.table.get(symbol)
        if seen is None or not seen.missing:
            return None
        self.table.touch(symbol)
        seen.missing, seen.more = [], 0
        return Sequence(symbol, seen.partition, seen.newest, 0, None)

    def _skip(self, seen: Seen, sequence: int) -> None:
        new = sequence - seen.newest - 1
        room = min(new, MOST - len(seen.missing))
        seen.missing = [*seen.missing, *range(seen.newest + 1, seen.newest + 1 + room)]
        seen.more += new - room
        seen.newest = sequence
