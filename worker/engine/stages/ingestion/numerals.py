"""JSON numbers: integers and decimals with a certain value."""

from __future__ import annotations

from worker.engine.elementary.words import byte_at
from worker.engine.kernel import inlined, kernel
from worker.engine.stages.ingestion.decimals import nearest
from worker.engine.stages.ingestion.digits import RUN, read_digits

MINUS, PLUS, POINT, ZERO, SMALL_E = b"-"[0], b"+"[0], b"."[0], b"0"[0], b"e"[0]
TO_SMALL = 0x20
EXPONENT_DIGITS = 4  # more are left to the exact decoder
REACH = 3 * RUN + 16  # bytes read from a number's start on: three runs of digits, their signs, one word


@inlined
def _whole(at):  # type: ignore[no-untyped-def]
    # (address after the digits, their value), -1 as address where there is no JSON integer below 10^18.
    after, value = read_digits(at, 0)
    if after == at or (byte_at(at) == ZERO and after > at + 1):
        value = -1
    return after, value


@kernel
def read_integer(at):  # type: ignore[no-untyped-def]
    """Return (address after it, value) of an integer; address -1 when that is not certain."""
    negative = byte_at(at) == MINUS
    after, value = _whole(at + 1 if negative else at)
    if value < 0:
        return -1, 0
    return after, -value if negative else value


@inlined
def _exponent(at):  # type: ignore[no-untyped-def]
    # (address after it, value) of the text after an `e`.
    sign = byte_at(at)
    start = at + 1 if sign in (MINUS, PLUS) else at
    after, value = read_digits(start, 0)
    if after == start or after - start > EXPONENT_DIGITS:
        return -1, 0
    return after, -value if sign == MINUS else value


@kernel
def read_number(at):  # type: ignore[no-untyped-def]
    """Return (address after it, float64) of a number; address -1 when that is not certain."""
    negative = byte_at(at) == MINUS
    at, count = _whole(at + 1 if negative else at)
    power = 0
    whole = True
    if count >= 0 and byte_at(at) == POINT:
        start = at + 1
        at, count = read_digits(start, count)
        power = start - at
        if power == 0:
            return -1, 0.0
        whole = False
    if count < 0:
        return -1, 0.0
    if byte_at(at) | TO_SMALL == SMALL_E:
        at, exponent = _exponent(at + 1)
        if at < 0:
            return -1, 0.0
        power += exponent
        whole = False
    value, certain = nearest(count, power)
    # The exact decoder reads the integer -0 as 0.
    if not certain or (negative and whole and count == 0):
        return -1, 0.0
    return at, -value if negative else value
