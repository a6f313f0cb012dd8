"""Decimal digits of integers, eight at once."""

from __future__ import annotations

import numpy as np

from worker.engine.kernel import inlined, kernel
from worker.engine.memory import store_word, trailing_zeros

MINUS, DIGIT = b"-"[0], np.uint8(b"0"[0])
FOUR_DIGITS, EIGHT_DIGITS, SIXTEEN_DIGITS = np.uint64(10**4), np.uint64(10**8), np.uint64(10**16)
HUNDRED, TEN = np.uint64(100), np.uint64(10)
PAIRS, PAIR_SHIFT, PAIR_MASK = np.uint64(10486), np.uint64(20), np.uint64(0x0000007F0000007F)
UNITS, UNIT_SHIFT, UNIT_MASK = np.uint64(103), np.uint64(10), np.uint64(0x000F000F000F000F)
HALF, QUARTER, EIGHTH = np.uint64(32), np.uint64(16), np.uint64(8)
TEXT, LAST = np.uint64(0x3030303030303030), np.uint64(1 << 56)
BYTE_BITS = np.uint64(3)


@inlined
def digits_of_eight(count):  # type: ignore[no-untyped-def]
    """The 8 digits of a uint64 below 10^8, one a byte, the first one lowest; without the text's 0x30.

    Halves, pairs and digits are split by one multiplication each: n·10486 >> 20 is n // 100 below 10^4 and
    n·103 >> 10 is n // 10 below 100 [Muła, SSE2 and SWAR conversion of integers].
    """
    high = count // FOUR_DIGITS
    lanes = high | ((count - high * FOUR_DIGITS) << HALF)
    high = ((lanes * PAIRS) >> PAIR_SHIFT) & PAIR_MASK
    lanes = high | ((lanes - high * HUNDRED) << QUARTER)
    high = ((lanes * UNITS) >> UNIT_SHIFT) & UNIT_MASK
    return high | ((lanes - high * TEN) << EIGHTH)


@inlined
def _put_first(buffer, at, count):  # type: ignore[no-untyped-def]
    """A count below 10^8 without zeros before it."""
    digits = digits_of_eight(count)
    skipped = trailing_zeros(digits | LAST) >> BYTE_BITS
    store_word(buffer, at, (digits | TEXT) >> (skipped << BYTE_BITS))
    return at + np.int64(EIGHTH - skipped)


@inlined
def put_eight(buffer, at, count):  # type: ignore[no-untyped-def]
    """The 8 digits of a count below 10^8."""
    store_word(buffer, at, digits_of_eight(count) | TEXT)
    return at + 8


@kernel
def _put_large(buffer, at, count):  # type: ignore[no-untyped-def]
    high = count // EIGHT_DIGITS
    if high < EIGHT_DIGITS:
        at = _put_first(buffer, at, high)
    else:
        top = high // EIGHT_DIGITS
        at = put_eight(buffer, _put_first(buffer, at, top), high - top * EIGHT_DIGITS)
    return put_eight(buffer, at, count - high * EIGHT_DIGITS)


@inlined
def put_count(buffer, at, count):  # type: ignore[no-untyped-def]
    """A uint64; up to 8 bytes more are written."""
    if count < TEN:
        buffer[at] = DIGIT + np.uint8(count)
        return at + 1
    return _put_first(buffer, at, count) if count < EIGHT_DIGITS else _put_large(buffer, at, count)


@inlined
def put_int(buffer, at, value):  # type: ignore[no-untyped-def]
    """An int64; up to 8 bytes more are written."""
    # A minus is always written, but kept only where there is one: no branch on what nobody can foresee.
    buffer[at] = MINUS
    sign = value >> 63
    return put_count(buffer, at - sign, np.uint64((value ^ sign) - sign))


@kernel
def size_of_count(count):  # type: ignore[no-untyped-def]
    """How many digits an int64 from 0 on has."""
    size = 1
    while count >= 10:
        count //= 10
        size += 1
    return size
