"""Numbers as JSON text, as msgspec writes them: the shortest decimal that reads back as the same float64.

All of these may write up to 16 bytes more than they return.
"""

from __future__ import annotations

import numpy as np

from worker.engine.elementary.float_bits import bits_of
from worker.engine.encoding.digits import digits_of_eight, put_count, put_int
from worker.engine.encoding.shortest import shortest
from worker.engine.kernel import inlined, kernel
from worker.engine.memory import leading_zeros, store_word
from worker.engine.rounding import POWERS_OF_TEN

__all__ = ["put_float", "put_int", "put_null"]

ZERO, POINT, MINUS, EXPONENT = b"0"[0], b"."[0], b"-"[0], b"e"[0]
POINT_ZERO = np.uint64(int.from_bytes(b".0", "little"))
NULL = np.uint64(int.from_bytes(b"null", "little"))
MOST = 1e15  # decimals of up to 15 digits and float64 values determine each other
SCIENTIFIC_BELOW, SCIENTIFIC_FROM = 1e-5, 1e16  # where msgspec writes an exponent
USUAL, MILLION, HUNDRED = 1e6, np.uint64(10**6), np.uint64(100)  # most numbers are published to 6 decimals
SIZES = np.array([1e13, 1e9, 1e6, 1e3, 1.0, 1e-3, 1e-7, 0.0])  # from here on, so many decimals:
PLACES = np.array([0, 2, 6, 9, 12, 15, 18, 22])  # 15 digits then at most
TENS = np.array([10**n for n in range(20)], np.uint64)
EIGHT_DIGITS = np.uint64(10**8)
TEXT, ONE, BITS, BYTE_BITS = np.uint64(0x3030303030303030), np.uint64(1), np.uint64(64), np.uint64(3)


@inlined
def put_null(buffer, at):  # type: ignore[no-untyped-def]
    """`null`; returns the position after it, as all of these do."""
    store_word(buffer, at, NULL)
    return at + 4


@inlined
def _used(digits):  # type: ignore[no-untyped-def]
    """How many of eight digits are left without the zeros behind them."""
    return np.int64((BITS + np.uint64(7) - leading_zeros(digits)) >> BYTE_BITS)


@kernel
def _decimal(size):  # type: ignore[no-untyped-def]
    """(count, places) of a decimal count/10^places that reads as `size`, a finite float above 0, and is the shortest
    but for zeros behind it.

    One division shows whether few decimals are enough: both of its operands are exact, so its result is the float64
    nearest to that decimal, and decimals of up to 15 digits share none.
    """
    if size < MOST:
        i = 0
        while size < SIZES[i]:
            i += 1
        scale = POWERS_OF_TEN[PLACES[i]]
        count = np.rint(size * scale)
        if count < MOST and count / scale == size:
            return np.uint64(np.int64(count)), int(PLACES[i])
    digits, exponent = shortest(size)
    return np.uint64(digits), -exponent


@kernel
def _without_zeros(count, places):  # type: ignore[no-untyped-def]
    ten = np.uint64(10)
    while count % ten == 0:
        count //= ten
        places -= 1
    return count, places


@kernel
def _put_scientific(buffer, at, count, places):  # type: ignore[no-untyped-def]
    end = put_count(buffer, at + 1, count)
    n = end - at - 1
    buffer[at] = buffer[at + 1]
    if n > 1:
        buffer[at + 1] = POINT
        at = end - 1
    buffer[at + 1] = EXPONENT
    return put_int(buffer, at + 2, n - 1 - places)


@inlined
def _put_fraction(buffer, at, fraction):  # type: ignore[no-untyped-def]
    """A point and a fraction in units of 10^-16, without zeros behind it but for the first."""
    buffer[at] = POINT
    high = fraction // EIGHT_DIGITS
    low = digits_of_eight(fraction - high * EIGHT_DIGITS)
    digits = digits_of_eight(high)
    store_word(buffer, at + 1, digits | TEXT)
    store_word(buffer, at + 9, low | TEXT)
    return at + (9 + _used(low) if low != 0 else 1 + max(_used(digits), 1))


@kernel
def _put_small(buffer, at, count, places):  # type: ignore[no-untyped-def]
    """A fixed decimal below 1 with more than 16 places."""
    count, places = _without_zeros(count, places)
    buffer[at], buffer[at + 1] = ZERO, POINT
    end = at + 2 + places
    for i in range(places):
        rest = count // np.uint64(10)
        buffer[end - 1 - i] = ZERO + np.uint8(count - rest * np.uint64(10))
        count = rest
    return end


@inlined
def _put_fixed(buffer, at, count, places):  # type: ignore[no-untyped-def]
    if places > 16:
        return _put_small(buffer, at, count, places)
    if places <= 0:
        return _put_fraction(buffer, put_count(buffer, at, count * TENS[-places]), np.uint64(0))
    whole = count // TENS[places]
    return _put_fraction(buffer, put_count(buffer, at, whole), (count - whole * TENS[places]) * TENS[16 - places])


@kernel
def _put_other(buffer, at, x):  # type: ignore[no-untyped-def]
    """A float that has more than 6 decimals or is large; null when it is not finite."""
    size = abs(x)
    if not size < np.inf:
        return put_null(buffer, at)
    if x < 0.0:
        buffer[at] = MINUS
        at += 1
    count, places = _decimal(size)
    if SCIENTIFIC_BELOW <= size < SCIENTIFIC_FROM:
        return _put_fixed(buffer, at, count, places)
    count, places = _without_zeros(count, places)
    return _put_scientific(buffer, at, count, places)


@inlined
def put_float(buffer, at, x):  # type: ignore[no-untyped-def]
    """A float64; null when it is not finite."""
    size = abs(x)
    scaled = np.rint(size * USUAL)
    if not (scaled < MOST and scaled / USUAL == size and (size >= SCIENTIFIC_BELOW or size == 0.0)):
        return _put_other(buffer, at, x)
    # A minus is always written, but kept only where there is one: no branch on what nobody can foresee.
    buffer[at] = MINUS
    count = np.uint64(np.int64(scaled))
    whole = count // MILLION
    fraction = count - whole * MILLION
    at = put_count(buffer, at - (bits_of(x) >> 63), whole)
    if fraction == 0:
        store_word(buffer, at, POINT_ZERO)
        return at + 2
    digits = digits_of_eight(fraction * HUNDRED)
    buffer[at] = POINT
    store_word(buffer, at + 1, digits | TEXT)
    return at + 1 + _used(digits)
