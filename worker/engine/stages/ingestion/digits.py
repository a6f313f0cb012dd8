"""Runs of decimal digits, eight bytes at a time."""

from __future__ import annotations

import numpy as np

from worker.engine.elementary.words import trailing_zeros, word_at
from worker.engine.kernel import inlined

ZEROS = np.uint64(0x3030303030303030)
TO_HIGH_BIT = np.uint64(0x7676767676767676)  # 0x76 + x sets the high bit for every x from 10 to 137
HIGH_BITS = np.uint64(0x8080808080808080)
PAIRS, QUADS, OCTET = np.uint64(0x00FF00FF00FF00FF), np.uint64(0x0000FFFF0000FFFF), np.uint64(0xFFFFFFFF)
TEN, HUNDRED, MYRIAD = np.uint64(10), np.uint64(100), np.uint64(10_000)
U8, U16, U32 = np.uint64(8), np.uint64(16), np.uint64(32)
RUN = 24  # bytes, leading zeros included
MOST = 10**18  # numbers below it fit into an int64 together with one more digit
POWERS = np.array([10**n for n in range(9)], np.int64)
ROOM = np.array([MOST // 10**n for n in range(9)], np.int64)  # below it, n more digits stay below MOST


@inlined
def _value(digits):  # type: ignore[no-untyped-def]
    # Neighbours join to pairs, pairs to fours, fours to eight; the first digit is in the lowest byte.
    digits = (digits * TEN + (digits >> U8)) & PAIRS
    digits = (digits * HUNDRED + (digits >> U16)) & QUADS
    return np.int64((digits * MYRIAD + (digits >> U32)) & OCTET)


@inlined
def read_digits(at, value):  # type: ignore[no-untyped-def]
    """Return (address after the digits at `at`, `value` with them appended); the value is -1 from 10^18 on.

    Read at most RUN bytes; the value is -1 for a longer run.
    """
    for _ in range(RUN // 8):
        digits = word_at(at) ^ ZEROS
        others = ((digits + TO_HIGH_BIT) | digits) & HIGH_BITS
        count = trailing_zeros(others) >> 3
        if count == 0:
            return at, value
        if value >= ROOM[count]:
            return at, -1
        value = value * POWERS[count] + _value(digits << np.uint64(64 - 8 * count))
        at += count
        if count < 8:
            return at, value
    return at, -1
