"""The newest records of one partition in memory."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from worker.gateway.log.entry import Entry, Headers
from worker.gateway.log.traits import UNSORTED, Traits

ROW = 160  # bytes of a record beside its key, value and headers: two numbers, and the objects' own
COMPACT = 4_096  # evicted rows from which on the columns are cut


# Whether a record passes, by its partition, time (epoch ms), key and value.
Fits = Callable[[int, int, bytes | None, bytes | None], bool]


class Looked(NamedTuple):
    """What is looked for."""

    fits: Fits
    sieve: Mapping[int, bool] | None = None  # by the number of a record's traits: False spares the look; None: no use


class Scan(NamedTuple):
    """The records that passed, how many were looked at, and where to go on."""

    entries: list[Entry]
    records: int
    bytes: int
    next: int


class Held:
    """Columns, oldest first; no object of a record that the garbage collector would have to visit."""

    def __init__(self, partition: int, start: int, traits: Traits[Any] | None = None) -> None:
        """Begin without any; the first record has an offset of `start` or more."""
        self.partition = partition
        self.hot = start  # every record from here on is held
        self.bytes = 0
        self._traits = traits
        self._offsets, self._timestamps = array("q"), array("q")
        self._kinds = array("H")  # numbers of `traits`
        self._keys: list[bytes | None] = []
        self._values: list[bytes | None] = []
        self._headers: list[Headers] = []
        self._head = 0  # rows before it were evicted

    def __len__(self) -> int:
        return len(self._offsets) - self._head

    def append(self, entry: Entry) -> None:
        """Add the next record."""
        self._offsets.append(entry.offset)
        self._timestamps.append(entry.timestamp)
        self._kinds.append(UNSORTED if self._traits is None else self._traits.number(entry.value))
        self._keys.append(entry.key)
        self._values.append(entry.value)
        self._headers.append(entry.headers)
        self.bytes += _size(entry.value, entry.headers)

    def evict(self) -> Entry:
        """Forget the oldest record and return it."""
        row = self._head
        entry = self._entry(row)
        self._keys[row] = self._values[row] = None
        self._headers[row] = ()
        self.bytes -= _size(entry.value, entry.headers)
        self.hot, self._head = entry.offset + 1, row + 1
        if self._head >= COMPACT and self._head * 2 >= len(self._offsets):
            for column in (self._offsets, self._timestamps, self._kinds, self._keys, self._values, self._headers):
                del column[: self._head]
            self._head = 0
        return entry

    def since(self, offset: int, limit: int) -> list[Entry]:
        """Return at most `limit` records from an offset on, in order."""
        row = bisect_left(self._offsets, offset, self._head)
        return [self._entry(at) for at in range(row, min(row + limit, len(self._offsets)))]

    def before(self, offset: int, limit: int) -> list[Entry]:
        """Return at most `limit` of the last records before an offset, newest first."""
        row = bisect_left(self._offsets, offset, self._head)
        return [self._entry(at) for at in range(row - 1, max(row - 1 - limit, self._head - 1), -1)]

    def scan_since(self, offset: int, stop: int, count: int, looked: Looked) -> Scan:
        """Return those of `count` records that pass, from an offset on and before `stop`, oldest first."""
        first = bisect_left(self._offsets, offset, self._head)
        end = bisect_left(self._offsets, stop, first)
        last = min(first + count, end)
        return self._scan(range(first, last), looked, self._offsets[last - 1] + 1 if last < end else stop)

    def scan_before(self, offset: int, stop: int, count: int, looked: Looked) -> Scan:
        """Return those of `count` records that pass, before an offset and from `stop` on, newest first."""
        first = bisect_left(self._offsets, offset, self._head) - 1
        end = bisect_left(self._offsets, stop, self._head) - 1
        last = max(first - count, end)
        return self._scan(range(first, last, -1), looked, self._offsets[last + 1] if last > end else stop)

    def _scan(self, rows: range, looked: Looked, after: int) -> Scan:
        partition, timestamps, keys, values = self.partition, self._timestamps, self._keys, self._values
        (fits, sieve), kinds = looked, self._kinds
        entries, size = [], 0
        for row in rows:
            value = values[row]
            if value is not None:
                size += len(value)
            if (sieve is None or sieve[kinds[row]]) and fits(partition, timestamps[row], keys[row], value):
                entries.append(self._entry(row))
        return Scan(entries, len(rows), size, after)

    def at(self, offset: int) -> Entry | None:
        """Return the record at an offset; None where there is none, or no longer."""
        row = bisect_left(self._offsets, offset, self._head)
        return self._entry(row) if row < len(self._offsets) and self._offsets[row] == offset else None

    def _entry(self, row: int) -> Entry:
        return Entry(
            self.partition,
            self._offsets[row],
            self._timestamps[row],
            self._keys[row],
            self._values[row],
            self._headers[row],
        )


def _size(value: bytes | None, headers: Headers) -> int:
    return ROW + len(value or b"") + sum(len(name) + len(content) + ROW for name, content in headers)
