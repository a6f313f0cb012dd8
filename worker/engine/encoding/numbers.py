"""Numbers as JSON text, as msgspec writes them: the shortest decimal that reads back as the same float64."""

from __future__ import annotations

import math

import numpy as np

from worker.engine.encoding.shortest import shortest
from worker.engine.kernel import inlined, kernel
from worker.engine.rounding import POWERS_OF_TEN

ZERO, POINT, MINUS, EXPONENT = b"0"[0], b"."[0], b"-"[0], b"e"[0]
N, U, L = b"n"[0], b"u"[0], b"l"[0]
MOST = 1e15  # decimals of up to 15 digits and float64 values determine each other
SCIENTIFIC_BELOW, SCIENTIFIC_FROM = 1e-5, 1e16  # where msgspec writes an exponent
LARGE = 1e12  # from here on two decimals may be too many
TENS = np.array([10**n for n in range(19)], np.int64)
PLACES = np.array([0, 2, 6, 9, 12, 15, 18, 22])


@inlined
def put_null(buffer, at):  # type: ignore[no-untyped-def]
    """`null`; returns the position after it, as all of these do."""
    buffer[at], buffer[at + 1], buffer[at + 2], buffer[at + 3] = N, U, L, L
    return at + 4


@kernel
def digits_of(count):  # type: ignore[no-untyped-def]
    """How many decimal digits `count` >= 0 has; 1 for 0."""
    n = 1
    while n < TENS.size and count >= TENS[n]:
        n += 1
    return n


@inlined
def _put_digits(buffer, last, count, n):  # type: ignore[no-untyped-def]
    """The last `n` digits of `count`, the lowest at `last`; returns what is left of it."""
    for i in range(n):
        rest = count // 10
        buffer[last - i] = ZERO + (count - 10 * rest)
        count = rest
    return count


@inlined
def put_int(buffer, at, value):  # type: ignore[no-untyped-def]
    """An int64 above -2^63."""
    if value < 0:
        buffer[at] = MINUS
        at += 1
        value = -value
    n = digits_of(value)
    _put_digits(buffer, at + n - 1, value, n)
    return at + n


@inlined
def size_of_int(value):  # type: ignore[no-untyped-def]
    """Bytes of an int64 above -2^63."""
    return digits_of(value) if value >= 0 else digits_of(-value) + 1


@kernel
def _decimal(size):  # type: ignore[no-untyped-def]
    """(count, places) of the shortest decimal count/10^places that reads as `size`, a finite float above 0.

    Most published numbers have few decimals, which one division shows: both of its operands are exact, so its result
    is the float64 nearest to that decimal, and decimals of up to 15 digits share none.
    """
    for i in range(0 if size >= LARGE else 1, PLACES.size):
        scale = POWERS_OF_TEN[PLACES[i]]
        scaled = size * scale
        if not scaled < MOST:
            break
        count = np.rint(scaled)
        if count / scale == size:
            return int(count), int(PLACES[i])
    digits, exponent = shortest(size)
    return digits, -exponent


@inlined
def _put_scientific(buffer, at, count, places):  # type: ignore[no-untyped-def]
    n = digits_of(count)
    left = _put_digits(buffer, at + n, count, n - 1)
    buffer[at] = ZERO + left
    if n > 1:
        buffer[at + 1] = POINT
        at += n
    buffer[at + 1] = EXPONENT
    return put_int(buffer, at + 2, n - 1 - places)


@inlined
def _put_fixed(buffer, at, count, places):  # type: ignore[no-untyped-def]
    if places <= 0:
        at = put_int(buffer, at, count)
        for _ in range(-places):
            buffer[at] = ZERO
            at += 1
        buffer[at], buffer[at + 1] = POINT, ZERO
        return at + 2
    n = max(digits_of(count), places + 1)
    whole = _put_digits(buffer, at + n, count, places)
    buffer[at + n - places] = POINT
    _put_digits(buffer, at + n - places - 1, whole, n - places)
    return at + n + 1


@kernel
def put_float(buffer, at, x):  # type: ignore[no-untyped-def]
    """A float64; null when it is not finite."""
    if not abs(x) < np.inf:
        return put_null(buffer, at)
    if math.copysign(1.0, x) < 0.0:
        buffer[at] = MINUS
        at += 1
    size = abs(x)
    if size == 0.0:
        return _put_fixed(buffer, at, 0, 0)
    count, places = _decimal(size)
    while count % 10 == 0:
        count //= 10
        places -= 1
    if SCIENTIFIC_BELOW <= size < SCIENTIFIC_FROM:
        return _put_fixed(buffer, at, count, places)
    return _put_scientific(buffer, at, count, places)
