"""A user's own state from version to version of a strategy: fields keep their values by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import numpy as np

from worker.errors import ConfigError

Migrate = Callable[[dict[str, Any]], Mapping[str, Any] | None]
Field = tuple[str, str, list[int], int]  # name, kind, shape, offset in bytes


def described(record: np.dtype[Any]) -> str:
    """Return a record's fields and size as text."""
    return msgspec.json.encode((_fields(record), record.itemsize)).decode()


def dtype_of(text: str) -> np.dtype[Any]:
    """Return the record that `described` gave as text."""
    fields, size = msgspec.json.decode(text, type=tuple[list[Field], int])
    names, kinds, shapes, offsets = zip(*fields, strict=True) if fields else ((), (), (), ())
    formats = [(kind, tuple(shape)) for kind, shape in zip(kinds, shapes, strict=True)]
    return np.dtype({"names": list(names), "formats": formats, "offsets": list(offsets), "itemsize": size})


def adopt(own: bytes, old: np.dtype[Any], new: np.dtype[Any], migrate: Migrate) -> bytes:
    """Return a record of `old` as one of `new`.

    Fields of the same name and kind keep their value, new ones are 0. Where others would be lost, the strategy says
    what becomes of them.

    Raises:
        ConfigError: it does not.
    """
    if described(old) == described(new):
        return own
    made = np.zeros(1, new)
    if not own:
        return made.tobytes()
    [found] = np.frombuffer(own, old)
    before, after = ({name: rest for name, *rest, _ in _fields(record)} for record in (old, new))
    lost = [name for name in before if before[name] != after.get(name)]
    values: Mapping[str, Any] | None = {name: found[name] for name in before if name not in lost}
    if lost:
        values = migrate({name: _plain(found[name]) for name in before})
    if values is None:
        raise ConfigError(
            f"the strategy's stored state has {', '.join(lost)}, which its State has no longer or as another kind",
            "Give the strategy a migrate(old), or set engine.strategy.on_state_change=reset to begin its state anew",
        )
    for name, value in values.items():
        if name not in after:
            raise ConfigError(f"migrate names {name}, which the strategy's State has not", "Name fields of State")
        made[name] = value
    return made.tobytes()


def _fields(record: np.dtype[Any]) -> list[Field]:
    fields: Mapping[str, Any] = record.fields or {}
    found = ((name, *fields[name][:2]) for name in record.names or ())
    return [(name, kind.base.str, list(kind.shape), offset) for name, kind, offset in found]


def _plain(value: Any) -> Any:
    return value.tolist()
