"""Text at an address. Each function returns the address after what it wrote."""

from __future__ import annotations

from worker.engine.intrinsics.addresses import BLOCK, copy_block, put_byte, u1_at
from worker.engine.kernel import inlined


@inlined
def put_character(at, character):  # type: ignore[no-untyped-def]
    """Write one byte."""
    put_byte(at, 0, character)
    return at + 1


@inlined
def put_text(at, text, size):  # type: ignore[no-untyped-def]
    """Write `size` bytes from the address `text` on, in blocks: up to 32 bytes more are read and written."""
    copy_block(at, text)
    end = at + size
    while at + BLOCK < end:
        at += BLOCK
        text += BLOCK
        copy_block(at, text)
    return end


@inlined
def put_bytes(at, source, size):  # type: ignore[no-untyped-def]
    """Write exactly `size` bytes from the address `source` on."""
    for i in range(size):
        put_byte(at, i, u1_at(source, i))
    return at + size
