"""Numbers as JSON text, as msgspec writes them: the shortest decimal that reads back as the same float64.

Each function writes at an address, returns the one after its text, and may write up to 16 bytes
more.
"""

from __future__ import annotations

import numpy as np

from worker.engine.elementary.float_bits import bits_of
from worker.engine.intrinsics.addresses import put_byte, put_word, u1_at
from worker.engine.kernel import inlined, kernel
from worker.engine.output.encoding.digits import (
    EIGHT_DIGITS,
    TENS,
    TEXT,
    digits_of_eight,
    places_used,
    put_count,
    put_int,
)
from worker.engine.output.encoding.shortest import shortest
from worker.engine.output.encoding.text import put_character
from worker.engine.rounding import POWERS_OF_TEN

__all__ = ["put_float", "put_int", "put_null"]

ZERO, POINT, MINUS, EXPONENT = b"0"[0], b"."[0], b"-"[0], b"e"[0]
ZERO_POINT_ZERO = np.uint64(int.from_bytes(b"0.0", "little"))
NULL = np.uint64(int.from_bytes(b"null", "little"))
MOST = 1e15  # decimals of up to 15 digits and float64 values determine each other
SCIENTIFIC_BELOW, SCIENTIFIC_FROM = 1e-5, 1e16  # from where msgspec writes an exponent
USUAL, MILLION, HUNDRED = 1e6, np.uint64(10**6), np.uint64(100)  # most numbers are published to 6 decimals
SIZES = np.array([1e13, 1e9, 1e6, 1e3, 1.0, 1e-3, 1e-7, 0.0])  # from each size on, so many decimals:
PLACES = np.array([0, 2, 6, 9, 12, 15, 18, 22])  # at most 15 digits


@inlined
def put_null(at):  # type: ignore[no-untyped-def]
    """Write `null`."""
    put_word(at, 0, NULL)
    return at + 4


@kernel
def _decimal(size):  # type: ignore[no-untyped-def]
    """Return (count, places) of the shortest decimal count/10^places that reads as `size`, up to trailing zeros.

    `size` is a finite float above 0.

    One division tells whether few decimals suffice: both of its operands are exact, so its result is the float64
    nearest to that decimal, and no two decimals of up to 15 digits share one.
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
def _put_scientific(at, count, places):  # type: ignore[no-untyped-def]
    end = put_count(at + 1, count)
    n = end - at - 1
    put_byte(at, 0, u1_at(at, 1))
    if n > 1:
        put_byte(at, 1, POINT)
        at = end - 1
    put_byte(at, 1, EXPONENT)
    return put_int(at + 2, n - 1 - places)


@inlined
def _put_fraction(at, fraction):  # type: ignore[no-untyped-def]
    """Write a point and a fraction in units of 10^-16, without trailing zeros except the first."""
    high = fraction // EIGHT_DIGITS
    low = digits_of_eight(fraction - high * EIGHT_DIGITS)
    digits = digits_of_eight(high)
    put_byte(at, 0, POINT)
    put_word(at, 1, digits | TEXT)
    put_word(at, 9, low | TEXT)
    return at + (9 + places_used(low) if low != 0 else 1 + max(places_used(digits), 1))


@kernel
def _put_small(at, count, places):  # type: ignore[no-untyped-def]
    """Write a fixed decimal below 1 with more than 16 places."""
    count, places = _without_zeros(count, places)
    at = put_character(put_character(at, ZERO), POINT)
    for i in range(places):
        rest = count // np.uint64(10)
        put_byte(at, places - 1 - i, ZERO + np.int64(count - rest * np.uint64(10)))
        count = rest
    return at + places


@inlined
def _put_fixed(at, count, places):  # type: ignore[no-untyped-def]
    if places > 16:
        return _put_small(at, count, places)
    if places <= 0:
        return _put_fraction(put_count(at, count * TENS[-places]), np.uint64(0))
    whole = count // TENS[places]
    return _put_fraction(put_count(at, whole), (count - whole * TENS[places]) * TENS[16 - places])


@kernel
def put_any_float(at, x):  # type: ignore[no-untyped-def]
    """Write a float64; null when it is not finite."""
    size = abs(x)
    if not size < np.inf:
        return put_null(at)
    if bits_of(x) < 0:
        at = put_character(at, MINUS)
    if size == 0.0:
        put_word(at, 0, ZERO_POINT_ZERO)
        return at + 3
    count, places = _decimal(size)
    if SCIENTIFIC_BELOW <= size < SCIENTIFIC_FROM:
        return _put_fixed(at, count, places)
    count, places = _without_zeros(count, places)
    return _put_scientific(at, count, places)


@inlined
def put_float(at, x):  # type: ignore[no-untyped-def]
    """Write a float64 as `put_any_float`, faster where a few decimals suffice."""
    size = abs(x)
    scaled = np.rint(size * USUAL)
    if not (scaled < MOST and scaled / USUAL == size and (size >= SCIENTIFIC_BELOW or size == 0.0)):
        return put_any_float(at, x)
    # A minus is always written, but kept only where there is one: an unpredictable branch would cost more.
    put_byte(at, 0, MINUS)
    count = np.uint64(np.int64(scaled))
    whole = count // MILLION
    fraction = count - whole * MILLION
    at = put_count(at - (bits_of(x) >> 63), whole)
    digits = digits_of_eight(fraction * HUNDRED)
    put_byte(at, 0, POINT)
    put_word(at, 1, digits | TEXT)
    return at + 1 + max(places_used(digits), 1)
