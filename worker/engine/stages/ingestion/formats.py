"""What a record's value begins with: a schema registry's frame, and the format after it."""

from __future__ import annotations

REGISTRY_FRAME = 5  # bytes: 0x00 and a schema id, as schema-registry serializers write


def unframed(value: bytes) -> bytes:
    """Return a value without the frame of a schema registry, if it has one."""
    return value[REGISTRY_FRAME:] if value[:1] == b"\x00" else value


def is_msgpack(first: int) -> bool:
    """Return whether a value that begins with this byte is a MessagePack map; any other is taken for JSON."""
    return 0x80 <= first <= 0x8F or first in (0xDE, 0xDF)
