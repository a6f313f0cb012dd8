"""Records in the engine's memory as Python objects, by address.

Their numbers are Python's own: numpy's divide by zero without an exception.
"""

from __future__ import annotations

import struct
from collections import namedtuple
from collections.abc import Iterable
from ctypes import c_char
from operator import attrgetter
from typing import Any

import msgspec
import numpy as np

# The process's memory: reading a record from it takes a seventh of the time of `ctypes.string_at`.
_MEMORY: Any = (c_char * (1 << 47)).from_address(0)
CODES = {"b1": "?", "i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "i8": "q", "u8": "Q", "f8": "d"}
CASTS: dict[str, Any] = {"f": float, "i": int, "u": int, "b": bool}


class _Field:
    def __init__(self, name: str, kind: np.dtype[Any], offset: int) -> None:
        self.name, self.offset = name, offset
        base, shape = kind.subdtype if kind.subdtype is not None else (kind, ())
        self.length = shape[0] if shape else 0  # 0 = a number
        self.code, self.cast = CODES[base.str[1:]], CASTS[base.kind]
        self.size = base.itemsize * max(self.length, 1)


def _fields(record: np.dtype[Any]) -> list[_Field]:
    found: Any = record.fields or {}
    return [_Field(name, *found[name][:2]) for name in record.names or ()]


def _struct(fields: list[_Field]) -> struct.Struct:
    at, code = 0, "<"
    for field in fields:
        code += "x" * (field.offset - at) + f"{max(field.length, 1)}{field.code}"
        at = field.offset + field.size
    return struct.Struct(code)


class Reader:
    """A record to a named tuple; arrays in it are tuples."""

    def __init__(self, name: str, record: np.dtype[Any]) -> None:
        self._fields = _fields(record)
        self._struct = _struct(self._fields)
        kind: Any = namedtuple(name, [field.name for field in self._fields])  # type: ignore[misc]
        self._make = kind._make
        self._arrays = any(field.length for field in self._fields)

    def read(self, address: int) -> Any:
        """Return the record at an address."""
        found = self._struct.unpack_from(_MEMORY, address)
        return self._make(self._grouped(found) if self._arrays else found)

    def _grouped(self, flat: tuple[Any, ...]) -> list[Any]:
        at, grouped = 0, []
        for field in self._fields:
            length = max(field.length, 1)
            grouped.append(flat[at : at + length] if field.length else flat[at])
            at += length
        return grouped


class Writer:
    """A record to an object with attributes, and back; arrays in it are lists of fixed length.

    The bytes between fields become zero.
    """

    def __init__(self, kind: type, record: np.dtype[Any]) -> None:
        self._fields = _fields(record)
        self._struct = _struct(self._fields)
        self._kind = kind
        self._arrays = any(field.length for field in self._fields)
        names = [field.name for field in self._fields]
        self._several = len(names) > 1
        self._get = attrgetter(*names)

    def load(self, address: int) -> Any:
        """Return an object of the record at an address."""
        found, at, made = self._struct.unpack_from(_MEMORY, address), 0, self._kind()
        if not self._arrays:
            for field, value in zip(self._fields, found, strict=True):
                setattr(made, field.name, value)
            return made
        for field in self._fields:
            length = max(field.length, 1)
            setattr(made, field.name, list(found[at : at + length]) if field.length else found[at])
            at += length
        return made

    def store(self, made: Any, address: int) -> None:
        """Write an object to the record at an address; where whole numbers belong, fractions are dropped, as in C.

        Raises:
            Exception: a value is no number, a list has another length; a part may be written then.
        """
        values: Any = self._get(made) if self._several else (self._get(made),)
        if self._arrays:
            values = self._flat(values)
        try:
            self._struct.pack_into(_MEMORY, address, *values)
        except struct.error:  # a fraction where a whole number belongs, most often
            self._struct.pack_into(_MEMORY, address, *map(_cast, self._casts(), values))

    def _flat(self, values: Iterable[Any]) -> list[Any]:
        flat: list[Any] = []
        for field, value in zip(self._fields, values, strict=True):
            if not field.length:
                flat.append(value)
                continue
            if len(value) != field.length:
                raise ValueError(f"{field.name} has {len(value)} items instead of {field.length}")
            flat += value
        return flat

    def _casts(self) -> list[Any]:
        return [field.cast for field in self._fields for _ in range(max(field.length, 1))]


def _cast(cast: Any, value: Any) -> Any:
    return cast(value)


class PackedWriter:
    """A struct of msgspec to bytes of limited size, and back.

    It is read anew at each bar, so that a restart, which reads it too, can't change the order of what it holds.
    """

    def __init__(self, kind: Any, record: np.dtype[Any]) -> None:
        self._kind, self._room = kind, record["data"].itemsize
        self._struct = struct.Struct(f"<q{self._room}s")
        self._decode = msgspec.msgpack.Decoder(kind).decode
        self._encode = msgspec.msgpack.Encoder(order="deterministic").encode

    def load(self, address: int) -> Any:
        """Return the object at an address; a new one where there is none yet."""
        size, data = self._struct.unpack_from(_MEMORY, address)
        return self._decode(data[:size]) if size else self._kind()

    def store(self, made: Any, address: int) -> None:
        """Write an object to an address.

        Raises:
            ValueError: it takes more room than it has.
        """
        data = self._encode(made)
        if len(data) > self._room:
            raise ValueError(f"the state takes {len(data)} of {self._room} bytes")
        self._struct.pack_into(_MEMORY, address, len(data), data)
