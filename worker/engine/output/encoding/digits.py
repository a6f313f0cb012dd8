"""Decimal digits of integers, eight at once, written at an address."""

from __future__ import annotations

import numpy as np

from worker.engine.intrinsics.addresses import put_byte, put_word
from worker.engine.intrinsics.memory import leading_zeros, trailing_zeros
from worker.engine.kernel import inlined, kernel
from worker.engine.output.encoding.text import put_character

MINUS, DIGIT = b"-"[0], b"0"[0]
FOUR_DIGITS, EIGHT_DIGITS = np.uint64(10**4), np.uint64(10**8)
HALVES, HALF_SHIFT, LOW = np.uint64(109951163), np.uint64(40), np.uint64(0xFFFFFFFF)
HUNDRED, TEN = np.uint64(100), np.uint64(10)
PAIRS, PAIR_SHIFT, PAIR_MASK = np.uint64(10486), np.uint64(20), np.uint64(0x0000007F0000007F)
UNITS, UNIT_SHIFT, UNIT_MASK = np.uint64(103), np.uint64(10), np.uint64(0x000F000F000F000F)
HALF, QUARTER, EIGHTH = np.uint64(32), np.uint64(16), np.uint64(8)
TEXT, LAST = np.uint64(0x3030303030303030), np.uint64(1 << 56)
TENS = np.array([10**n for n in range(20)], np.uint64)
BYTE_BITS, ALL_BITS = np.uint64(3), np.uint64(64)


@inlined
def digits_of_eight(count):  # type: ignore[no-untyped-def]
    """Return the 8 digits of a uint64 below 10^8, one per byte, the first lowest; without the text's 0x30.

    One multiplication each splits halves, pairs and digits: n·109951163 >> 40 is n // 10^4 below 10^8,
    n·10486 >> 20 is n // 100 below 10^4 and n·103 >> 10 is n // 10 below 100 [Muła, SSE2 and SWAR conversion of
    integers]. There is no division, so the compiler can vectorise a loop over counts.
    """
    high = ((count & LOW) * HALVES) >> HALF_SHIFT
    lanes = high | ((count - high * FOUR_DIGITS) << HALF)
    high = ((lanes * PAIRS) >> PAIR_SHIFT) & PAIR_MASK
    lanes = high | ((lanes - high * HUNDRED) << QUARTER)
    high = ((lanes * UNITS) >> UNIT_SHIFT) & UNIT_MASK
    return high | ((lanes - high * TEN) << EIGHTH)


@inlined
def zeros_before(digits):  # type: ignore[no-untyped-def]
    """Count the leading zeros of eight digits; at most 7, as a uint64."""
    return trailing_zeros(digits | LAST) >> BYTE_BITS


@inlined
def places_used(digits):  # type: ignore[no-untyped-def]
    """Count the digits of eight that remain without trailing zeros, as an int64."""
    return np.int64((ALL_BITS + np.uint64(7) - leading_zeros(digits)) >> BYTE_BITS)


@inlined
def _put_first(at, count):  # type: ignore[no-untyped-def]
    """Write a count below 10^8 without leading zeros."""
    digits = digits_of_eight(count)
    skipped = zeros_before(digits)
    put_word(at, 0, (digits | TEXT) >> (skipped << BYTE_BITS))
    return at + np.int64(EIGHTH - skipped)


@inlined
def put_eight(at, count):  # type: ignore[no-untyped-def]
    """Write the 8 digits of a count below 10^8."""
    put_word(at, 0, digits_of_eight(count) | TEXT)
    return at + 8


@kernel
def _put_large(at, count):  # type: ignore[no-untyped-def]
    high = count // EIGHT_DIGITS
    if high < EIGHT_DIGITS:
        at = _put_first(at, high)
    else:
        top = high // EIGHT_DIGITS
        at = put_eight(_put_first(at, top), high - top * EIGHT_DIGITS)
    return put_eight(at, count - high * EIGHT_DIGITS)


@inlined
def put_count(at, count):  # type: ignore[no-untyped-def]
    """Write a uint64; up to 8 bytes more are written."""
    if count < TEN:
        return put_character(at, DIGIT + np.int64(count))
    return _put_first(at, count) if count < EIGHT_DIGITS else _put_large(at, count)


@inlined
def put_int(at, value):  # type: ignore[no-untyped-def]
    """Write an int64; up to 8 bytes more are written."""
    # A minus is always written, but kept only where there is one: an unpredictable branch would cost more.
    put_byte(at, 0, MINUS)
    sign = value >> 63
    return put_count(at - sign, np.uint64((value ^ sign) - sign))


@kernel
def size_of_count(count):  # type: ignore[no-untyped-def]
    """Return the number of digits of an int64 >= 0."""
    bits = np.int64(ALL_BITS - leading_zeros(np.uint64(count) | np.uint64(1)))
    size = (bits * 1233) >> 12  # bits·log10(2): the number of digits or one less
    return size + (1 if np.uint64(count) >= TENS[size] or size == 0 else 0)
