"""Parts of records in plain Python, for what is written once or rarely: importing it brings no compiler along."""

from __future__ import annotations

from collections.abc import Sequence


def packed_headers(headers: Sequence[tuple[str, bytes | None]]) -> bytes:
    """Headers as they lie in a record, their number before them."""
    packed = bytearray(varint(len(headers)))
    for name, value in headers:
        text = name.encode()
        packed += varint(len(text)) + text + varint(-1 if value is None else len(value)) + (value or b"")
    return bytes(packed)


def varint(value: int) -> bytes:
    """A zigzag varint."""
    rest = (value << 1) ^ (value >> 63)
    packed = bytearray()
    while rest >= 0x80:
        packed.append(rest & 0x7F | 0x80)
        rest >>= 7
    packed.append(rest)
    return bytes(packed)
