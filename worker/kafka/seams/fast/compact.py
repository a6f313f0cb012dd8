"""The types of Kafka's flexible versions for `packing`: their lengths, plus one, are varints.

Lengths of one byte are packed and taken here; aiokafka's own way does the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any, TypeAlias

from aiokafka.protocol.types import CompactArray, CompactBytes, CompactString, TaggedFields, UnsignedVarInt32

Put: TypeAlias = Callable[[Any, list[bytes]], None]  # a value, and the parts of the request
Take: TypeAlias = Callable[[bytes, int, BytesIO], tuple[Any, int]]  # bytes, place → value, place behind it
LONG = 0x80  # in the first byte: there is another
LENGTHS = [bytes((number,)) for number in range(LONG)]
NULL = LENGTHS[0]


def _length(size: int) -> bytes:
    return LENGTHS[size + 1] if size + 1 < LONG else UnsignedVarInt32.encode(size + 1)


def put(field: Any, inner: Callable[[Any], Put]) -> Put | None:
    """Return what appends a compact field's bytes to parts; None for other fields. `inner` does it for its elements."""
    if type(field) is CompactString:
        encoding = field.encoding

        def put_text(value: Any, parts: list[bytes]) -> None:
            if value is None:
                parts.append(NULL)
                return
            text = str(value).encode(encoding)
            parts += (_length(len(text)), text)

        return put_text
    if type(field) is CompactArray:
        each = inner(field.array_of)

        def put_array(value: Any, parts: list[bytes]) -> None:
            if value is None:
                parts.append(NULL)
                return
            parts.append(_length(len(value)))
            for element in value:
                each(element, parts)

        return put_array
    if field is CompactBytes:
        return lambda value, parts: parts.extend((NULL,) if value is None else (_length(len(value)), value))
    if field is TaggedFields:
        return lambda value, parts: parts.append(NULL if value == {} else field.encode(value))
    return None


def take(field: Any, inner: Callable[[Any], Take], other: Take) -> Take | None:
    """Return what takes a compact field's value from bytes; None for other fields. `other` is aiokafka's own way."""
    if type(field) is CompactArray:
        each = inner(field.array_of)

        def take_array(data: bytes, at: int, stream: BytesIO) -> tuple[Any, int]:
            length = data[at]
            if length & LONG or not length:
                return other(data, at, stream)
            at, values = at + 1, []
            for _ in range(length - 1):
                value, at = each(data, at, stream)
                values.append(value)
            return values, at

        return take_array
    if field is TaggedFields:
        return lambda data, at, stream: other(data, at, stream) if data[at] else ({}, at + 1)
    if type(field) is not CompactString and field is not CompactBytes:
        return None
    encoding = field.encoding if type(field) is CompactString else None

    def take_sized(data: bytes, at: int, stream: BytesIO) -> tuple[Any, int]:
        length, begin = data[at], at + 1
        end = begin + length - 1
        if length & LONG or not length or end > len(data):
            return other(data, at, stream)
        value = data[begin:end]
        return value if encoding is None else value.decode(encoding), end

    return take_sized
