"""Seam: requests and answers are packed and unpacked by runs of their fixed fields.

aiokafka walks through every field of every row by a call or three of its own; here fields of a fixed size that follow
each other are one call. What this can't pack or unpack, aiokafka's own way does, or refuses.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from functools import cache
from io import BytesIO
from itertools import groupby
from typing import Any

from aiokafka.protocol.struct import Struct
from aiokafka.protocol.types import Array, Boolean, Bytes, Float64, Int8, Int16, Int32, Int64, Schema, String, UInt32

from worker.kafka.seams import pinned
from worker.kafka.seams.fast import compact
from worker.kafka.seams.fast.compact import Put, Take

CODES: dict[Any, str] = {
    Int8: "b",
    Int16: "h",
    Int32: "i",
    UInt32: "I",
    Int64: "q",
    Float64: "d",
    Boolean: "?",
}
SHORT, LONG = struct.Struct(">h"), struct.Struct(">i")
ODD = (struct.error, ValueError, TypeError, IndexError)

_encode, _decode = Struct.encode, Struct.decode.__func__  # type: ignore[attr-defined]


class Underrun(ValueError):
    """The bytes end within a field."""


def _runs(fields: Sequence[Any]) -> list[tuple[str, list[Any]]]:
    """Return the fields as runs: those of a fixed size with their format, each of the others alone with none."""
    found: list[tuple[str, list[Any]]] = []
    for fixed, group in groupby(fields, lambda field: _code(field) != ""):
        if fixed:
            own = list(group)
            found.append((">" + "".join(map(_code, own)), own))
        else:
            found += [("", [field]) for field in group]
    return found


def _code(field: Any) -> str:
    return CODES.get(field, "") if isinstance(field, type) else ""


# -- packing


@cache
def putting(schema: Schema) -> Callable[[Sequence[Any], list[bytes]], None]:
    """Return what appends the bytes of a schema's values to parts."""
    steps: list[tuple[slice, struct.Struct | None, Put | None]] = []
    at = 0
    for form, fields in _runs(schema.fields):
        place, at = slice(at, at + len(fields)), at + len(fields)
        steps.append((place, struct.Struct(form), None) if form else (place, None, _put(fields[0])))

    def put(values: Sequence[Any], parts: list[bytes]) -> None:
        if len(values) != at:
            raise ValueError("another number of fields")
        for place, fixed, step in steps:
            if fixed is not None:
                parts.append(fixed.pack(*values[place]))
            elif step is not None:
                step(values[place.start], parts)

    return put


def _put(field: Any) -> Put:
    kind = type(field)  # and no other: the compact ones are derived
    if kind is Schema:
        return putting(field)
    if kind is Array:
        return _put_array(field)
    if kind is String:
        encoding = field.encoding

        def put_text(value: Any, parts: list[bytes]) -> None:
            if value is None:
                parts.append(SHORT.pack(-1))
                return
            text = str(value).encode(encoding)
            parts += (SHORT.pack(len(text)), text)

        return put_text
    if field is Bytes:

        def put_bytes(value: Any, parts: list[bytes]) -> None:
            parts += (LONG.pack(-1),) if value is None else (LONG.pack(len(value)), value)

        return put_bytes
    return compact.put(field, _put) or (lambda value, parts: parts.append(field.encode(value)))


def _put_array(field: Array) -> Put:
    inner, code = field.array_of, _code(field.array_of)
    each = None if code else _put(inner)

    def put(values: Any, parts: list[bytes]) -> None:
        if values is None:
            parts.append(LONG.pack(-1))
            return
        parts.append(LONG.pack(len(values)))
        if each is None:
            parts.append(struct.pack(f">{len(values)}{code}", *values))
            return
        for value in values:
            each(value, parts)

    return put


def encode(self: Any) -> bytes:
    """Replace `Struct.encode`."""
    parts: list[bytes] = []
    try:
        putting(self.SCHEMA)([self.__dict__[name] for name in self.SCHEMA.names], parts)
        return b"".join(parts)
    except ODD:
        return _encode(self)


# -- unpacking


@cache
def taking(schema: Schema) -> Take:
    """Return what takes a schema's values, a tuple, from bytes."""
    steps = [(struct.Struct(form), None) if form else (None, _take(fields[0])) for form, fields in _runs(schema.fields)]
    if len(steps) == 1 and (only := steps[0][0]) is not None:
        return lambda data, at, _: (only.unpack_from(data, at), at + only.size)

    def take(data: bytes, at: int, stream: BytesIO) -> tuple[Any, int]:
        values: list[Any] = []
        for fixed, step in steps:
            if fixed is not None:
                values += fixed.unpack_from(data, at)
                at += fixed.size
            elif step is not None:
                value, at = step(data, at, stream)
                values.append(value)
        return tuple(values), at

    return take


def _take(field: Any) -> Take:
    kind = type(field)
    if kind is Schema:
        return taking(field)
    if kind is Array:
        return _take_array(field)
    if kind is String:
        encoding = field.encoding

        def take_text(data: bytes, at: int, _: BytesIO) -> tuple[Any, int]:
            value, at = _sized(data, at, SHORT)
            return None if value is None else value.decode(encoding), at

        return take_text
    if field is Bytes:
        return lambda data, at, _: _sized(data, at, LONG)

    def take_other(data: bytes, at: int, stream: BytesIO) -> tuple[Any, int]:
        stream.seek(at)
        return field.decode(stream), stream.tell()

    return compact.take(field, _take, take_other) or take_other


def _sized(data: bytes, at: int, size: struct.Struct) -> tuple[bytes | None, int]:
    [length] = size.unpack_from(data, at)
    at += size.size
    if length < 0:
        return None, at
    if at + length > len(data):
        raise Underrun
    return data[at : at + length], at + length


def _take_array(field: Array) -> Take:
    code = _code(field.array_of)
    each = _take(field.array_of)

    def take(data: bytes, at: int, stream: BytesIO) -> tuple[Any, int]:
        [length] = LONG.unpack_from(data, at)
        at += LONG.size
        if length == -1:
            return None, at
        if code and length > 0:
            form = struct.Struct(f">{length}{code}")
            return list(form.unpack_from(data, at)), at + form.size
        values = []
        for _ in range(length):
            value, at = each(data, at, stream)
            values.append(value)
        return values, at

    return take


def decode(cls: Any, data: BytesIO | bytes) -> Any:
    """Replace `Struct.decode`."""
    stream = BytesIO(data) if isinstance(data, bytes) else data
    begin = stream.tell()
    try:
        values, end = taking(cls.SCHEMA)(stream.getvalue(), begin, stream)
    except ODD:
        stream.seek(begin)
        return _decode(cls, stream)
    stream.seek(end)
    return cls(*values)


def install() -> bool:
    """Patch every request and answer; return False, and change nothing, for an unknown version."""
    if not pinned.known():
        return False
    patched: Any = Struct
    patched.encode, patched.decode = encode, classmethod(decode)
    return True
