"""What can be said of a record's value: readable, of another form, or no JSON object at all."""

from __future__ import annotations

from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from schemas import SCHEMA_VERSION
from worker.gateway.log.values import WRONG

T = TypeVar("T", bound=msgspec.Struct)
TOLD = 200  # characters of a problem
CHECKED = 4_096  # values that are remembered


class _Versioned(msgspec.Struct):
    schema_version: Any = None


_versioned = msgspec.json.Decoder(_Versioned)
_object = msgspec.json.Decoder(dict[str, Any])


class Sight(NamedTuple, Generic[T]):
    """One look at a value."""

    value: T | None  # None where it has another form
    raw: bytes | None  # the JSON object as it came; None if it is none
    problem: str | None


class Reader(Generic[T]):
    """Looks at values of one kind."""

    def __init__(self, kind: type[T]) -> None:
        self._decode = msgspec.json.Decoder(kind).decode
        self._checked: dict[bytes, Sight[T]] = {}

    def check(self, value: bytes | None) -> Sight[T]:
        """Return the same as `look` without the value itself; values that are shown again are not decoded again."""
        known = self._checked.get(value or b"")
        if known is None:
            known = self.look(value)._replace(value=None)
            if len(self._checked) >= CHECKED:
                self._checked.clear()
            if value:
                self._checked[value] = known
        return known

    def look(self, value: bytes | None) -> Sight[T]:
        """Return what a value is; never fails."""
        if value is None:
            return Sight(None, None, "the record has no value")
        try:
            found = self._decode(value)
            _object.decode(value)  # what the decoder has passed over: its text, its numbers
        except WRONG as error:
            return _strange(value, error)
        version = getattr(found, "schema_version", SCHEMA_VERSION)
        return Sight(found, value, None if version == SCHEMA_VERSION else _version(version))


def _strange(value: bytes, error: Exception) -> Sight[Any]:
    try:
        version = _versioned.decode(value).schema_version
        _object.decode(value)
    except WRONG as worse:
        return Sight(None, None, f"unreadable: {str(worse)[:TOLD]}")
    if version != SCHEMA_VERSION and isinstance(version, int | float | str):
        return Sight(None, value, _version(version))
    return Sight(None, value, str(error)[:TOLD])


def _version(version: object) -> str:
    return f"schema_version {str(version)[:20]} is not {SCHEMA_VERSION}, the one that this gateway knows"
