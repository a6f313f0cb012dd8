"""What a rule remembers of one set of labels, and a table of such memories that knows what has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

import msgspec

from schemas.alert import Alert, Evidence
from worker.errors import DataError

T = TypeVar("T")
_encode = msgspec.msgpack.Encoder().encode


class Series(msgspec.Struct, array_like=True):
    """One set of labels under a rule."""

    labels: dict[str, str]
    seen: int  # time of the last record that concerned it, epoch ms
    heard: int  # wall time of the step that brought it, epoch ms
    evidence: list[Evidence] = []
    alert: Alert | None = None  # as it was written last; None while there is none
    interval: int = 0  # of the last bar, ms
    counts: dict[int, int] = {}  # by part of the window


class Total(msgspec.Struct, array_like=True):
    """What a share is of, by part of the window."""

    counts: dict[int, int]


def fingerprint(rule: str, labels: Mapping[str, str]) -> str:
    """Return what names a rule's alert about these labels."""
    return hashlib.sha256(msgspec.json.encode([rule, sorted(labels.items())])).hexdigest()[:16]


class Table(Generic[T]):
    """Values by key, kept in the state under `<prefix>/<key>`."""

    def __init__(self, prefix: str, kind: type[T], stored: Mapping[str, bytes]) -> None:
        """Create it with what is stored.

        Raises:
            DataError: a stored value can't be read.
        """
        self._prefix, self._changed = f"{prefix}/", set[str]()
        decode = msgspec.msgpack.Decoder(kind).decode
        self._values: dict[str, T] = {}
        for key in sorted(key for key in stored if key.startswith(self._prefix)):
            try:
                self._values[key[len(self._prefix) :]] = decode(stored[key])
            except msgspec.MsgspecError as error:
                raise DataError(
                    f"the state of the alerts is damaged: {key}: {error}", "Delete the state topic to begin anew"
                ) from None

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def get(self, key: str) -> T | None:
        """Return a value; None for none."""
        return self._values.get(key)

    def put(self, key: str, value: T) -> None:
        """Set a value."""
        self._values[key] = value
        self._changed.add(key)

    def touch(self, key: str) -> None:
        """Note that a value was changed in place."""
        self._changed.add(key)

    def drop(self, key: str) -> None:
        """Remove a value."""
        if self._values.pop(key, None) is not None:
            self._changed.add(key)

    def items(self) -> list[tuple[str, T]]:
        """Return all keys and values in the order of keys."""
        return sorted(self._values.items(), key=lambda item: item[0])

    def changes(self) -> Iterator[tuple[str, bytes | None]]:
        """Yield what has changed since the last call, as records of the state, in the order of keys."""
        for key in sorted(self._changed):
            value: Any = self._values.get(key)
            yield self._prefix + key, None if value is None else _encode(value)
        self._changed.clear()
