"""Parts of records in plain Python, for what is written once or rarely: importing it loads no compiler."""

from __future__ import annotations

from collections.abc import Sequence


def packed_headers(headers: Sequence[tuple[str, bytes | None]]) -> bytes:
    """Return headers in the record format, preceded by their number."""
    packed = bytearray(varint(len(headers)))
    for name, value in headers:
        text = name.encode()
        packed += varint(len(text)) + text + varint(-1 if value is None else len(value)) + (value or b"")
    return bytes(packed)


def varint(value: int) -> bytes:
    """Return a zigzag varint."""
    rest = (value << 1) ^ (value >> 63)
    packed = bytearray()
    while rest >= 0x80:
        packed.append(rest & 0x7F | 0x80)
        rest >>= 7
    packed.append(rest)
    return bytes(packed)


def unpacked_headers(packed: bytes) -> dict[bytes, bytes]:
    """Return the headers of a record by name: the last of equal names, none without a value.

    Raises:
        IndexError: the bytes are truncated.
    """
    found: dict[bytes, bytes] = {}
    count, at = _varint_at(packed, 0)
    for _ in range(count):
        size, at = _varint_at(packed, at)
        name, at = packed[at : at + size], at + size
        size, at = _varint_at(packed, at)
        found[name] = packed[at : at + max(size, 0)]
        at += max(size, 0)
    return found


def header(packed: bytes, name: bytes) -> bytes | None:
    """Return the first header of this name of a record; None where there is none, or where it has no value.

    Raises:
        IndexError: the bytes are truncated.
    """
    count, at = _varint_at(packed, 0)
    for _ in range(count):
        size, at = _varint_at(packed, at)
        found, at = packed[at : at + size] == name, at + size
        size, at = _varint_at(packed, at)
        if found:
            return None if size < 0 else packed[at : at + size]
        at += max(size, 0)
    return None


def _varint_at(data: bytes, at: int) -> tuple[int, int]:
    """Return a zigzag varint and the position after it."""
    raw = shift = 0
    while True:
        byte = data[at]
        raw, shift, at = raw | (byte & 0x7F) << shift, shift + 7, at + 1
        if byte < 0x80:
            return (raw >> 1) ^ -(raw & 1), at
