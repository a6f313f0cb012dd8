"""Variable-length integers of the record format: zigzag, 7 bits a byte, the lowest first (as Protocol Buffers')."""

from __future__ import annotations

import numpy as np

from worker.engine.kernel import inlined, kernel

SEVEN, ONE, TOP, LOW = np.uint64(7), np.uint64(1), np.uint64(0x80), np.uint64(0x7F)


@inlined
def zigzag(value):  # type: ignore[no-untyped-def]
    """The unsigned form of an int64: 0, -1, 1, -2, 2 … become 0, 1, 2, 3, 4 …"""
    return np.uint64((value << 1) ^ (value >> 63))


@kernel
def size_of_varint(value):  # type: ignore[no-untyped-def]
    """Bytes of an int64."""
    rest, size = zigzag(value) >> SEVEN, 1
    while rest != 0:
        rest >>= SEVEN
        size += 1
    return size


@kernel
def put_varint(buffer, at, value):  # type: ignore[no-untyped-def]
    """Write an int64; returns the position after it."""
    rest = zigzag(value)
    while rest >= TOP:
        buffer[at] = np.uint8(rest | TOP)
        rest >>= SEVEN
        at += 1
    buffer[at] = np.uint8(rest)
    return at + 1


@kernel
def read_varint(buffer, at):  # type: ignore[no-untyped-def]
    """(int64, the position after it)."""
    rest, shift = np.uint64(0), np.uint64(0)
    while buffer[at] >= TOP and shift < np.uint64(63):
        rest |= (np.uint64(buffer[at]) & LOW) << shift
        shift += SEVEN
        at += 1
    rest |= np.uint64(buffer[at]) << shift
    return np.int64(rest >> ONE) ^ -np.int64(rest & ONE), at + 1


@inlined
def put_bytes(buffer, at, data, start, stop):  # type: ignore[no-untyped-def]
    """Copy bytes; nothing outside them is touched. Returns the position after them."""
    for i in range(stop - start):
        buffer[at + i] = data[start + i]
    return at + stop - start
