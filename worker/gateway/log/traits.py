"""What filters compare of records, once for all records that are alike: a search need not read each value again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec

from worker.gateway.log.values import WRONG

UNSORTED = 0  # the number of records that must be looked at one by one
MOST = 4_096  # kinds of records that are told apart
LONGEST = 1_024  # bytes of what is compared


class Decided(msgspec.Struct, gc=False):
    """Of a decision."""

    action: Any = None
    regime: Any = None
    reasons: Any = None
    blocking: Any = None


class Rejected(msgspec.Struct, gc=False):
    """Of a rejection."""

    codes: Any = None


T = TypeVar("T", Decided, Rejected)
_encode = msgspec.json.Encoder().encode


class Traits(Generic[T]):
    """Numbers kinds of records; `table` holds what each kind has, None for `UNSORTED`.

    A record whose traits are unreadable, too long, or of one kind too many is `UNSORTED`.
    """

    def __init__(self, kind: type[T]) -> None:
        self.table: list[T | None] = [None]
        self._decode: Callable[[bytes], T] = msgspec.json.Decoder(kind).decode
        self._numbers: dict[bytes, int] = {}

    def number(self, value: bytes | None) -> int:
        """Return the number of a record's kind."""
        try:
            found = self._decode(value or b"")
            text = _encode(found)
        except WRONG:
            return UNSORTED
        known = self._numbers.get(text)
        if known is not None:
            return known
        if len(self.table) > MOST or len(text) > LONGEST:
            return UNSORTED
        self.table.append(found)
        self._numbers[text] = len(self.table) - 1
        return len(self.table) - 1


class Sieve(dict[int, bool]):
    """Whether a kind's records can pass a filter, asked once a kind."""

    def __init__(self, traits: Traits[Any], passes: Callable[[Any], bool]) -> None:
        super().__init__({UNSORTED: True})
        self._table, self._passes = traits.table, passes

    def __missing__(self, kind: int) -> bool:
        found = self[kind] = self._passes(self._table[kind])
        return found
