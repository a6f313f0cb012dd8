"""Variable-length integers of the record format: zigzag, 7 bits per byte, lowest first (as in Protocol Buffers)."""

from __future__ import annotations

import numpy as np

from worker.engine.intrinsics.addresses import put_byte, u1_at
from worker.engine.kernel import inlined, kernel

SEVEN, ONE, TOP, LOW = np.uint64(7), np.uint64(1), np.uint64(0x80), np.uint64(0x7F)


@inlined
def zigzag(value):  # type: ignore[no-untyped-def]
    """Return the unsigned form of an int64: 0, -1, 1, -2, 2 becomes 0, 1, 2, 3, 4."""
    return np.uint64((value << 1) ^ (value >> 63))


@kernel
def size_of_varint(value):  # type: ignore[no-untyped-def]
    """Return the number of bytes of an int64 as a varint."""
    rest, size = zigzag(value) >> SEVEN, 1
    while rest != 0:
        rest >>= SEVEN
        size += 1
    return size


@inlined
def put_varint(at, value):  # type: ignore[no-untyped-def]
    """Write an int64 at an address and return the address after it."""
    rest = zigzag(value)
    while rest >= TOP:
        put_byte(at, 0, np.int64(rest | TOP))
        rest >>= SEVEN
        at += 1
    put_byte(at, 0, np.int64(rest))
    return at + 1


@kernel
def read_varint(data, at):  # type: ignore[no-untyped-def]
    """Return the int64 at the offset `at` from the address `data`, and the offset after it."""
    rest, shift = np.uint64(0), np.uint64(0)
    byte = np.uint64(u1_at(data, at))
    while byte >= TOP and shift < np.uint64(63):
        rest |= (byte & LOW) << shift
        shift += SEVEN
        at += 1
        byte = np.uint64(u1_at(data, at))
    rest |= byte << shift
    return np.int64(rest >> ONE) ^ -np.int64(rest & ONE), at + 1
