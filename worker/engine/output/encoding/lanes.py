"""The numbers of a decision as text, all at once: loops over lanes, which the compiler vectorises.

A lane is one number. Its text is two words. Both are always stored, the second where the first ends. The few numbers
that do not fit into two words go through `numbers`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from worker.engine.elementary.float_bits import bits_of, from_bits
from worker.engine.intrinsics.addresses import i8_at, put_i8, put_word, u8_at
from worker.engine.intrinsics.memory import LINE
from worker.engine.kernel import inlined, kernel
from worker.engine.output.encoding.digit_vectors import COUNTS, to_digits
from worker.engine.output.encoding.digits import BYTE_BITS, EIGHTH, MINUS, TEXT, places_used, zeros_before
from worker.engine.output.encoding.numbers import NULL, POINT, SCIENTIFIC_BELOW, USUAL, put_float, put_int

ITEM = 8  # bytes
# End of the lanes of each kind, as offsets: float64 values that are usually below 10, any float64, any int64.
RATIOS, AMOUNTS, LANES = 32 * ITEM, 48 * ITEM, 64 * ITEM
# Columns, by their offset:
NUMBER = 0
FIRST, SECOND = LANES, 2 * LANES  # words of text
FIRST_SIZE = 3 * LANES  # bytes of text in the first word
SIZE = 4 * LANES  # bytes of text, 0 where the number does not fit into two words
COLUMNS = 5 * LANES

# In units of 10^-6: a digit, point and decimals are a word, and so are a sign and seven digits.
MOST_RATIO, MOST_AMOUNT, MOST_INTEGER = 1e7, 1e13, np.uint64(10**7)
COUNTABLE, COUNT = 2.0**52, (1 << 27) - 1  # COUNTABLE added to a whole number has that number in its lowest bits
DIGIT, DECIMALS = np.uint64(0xFF), np.uint64(0xFFFFFFFFFFFF0000)
POINTED = TEXT ^ np.uint64((b"0"[0] ^ b"."[0]) << 8)
SPELLED = np.int64(len("null"))
ALL, NONE = np.int64(-1), np.int64(0)


def new_lanes() -> NDArray[np.uint8]:
    """Allocate the lanes of one row at a time."""
    memory = np.zeros(COLUMNS + LINE, np.uint8)  # an unused lane must not hold a number that is slow to compute with
    skipped = -memory.ctypes.data % LINE  # a vector across two cache lines costs twice as much
    lanes = memory[skipped : skipped + COLUMNS]
    lanes[FIRST : FIRST + RATIOS].view(np.uint64)[:] = MINUS
    return lanes


@inlined
def _count(x):  # type: ignore[no-untyped-def]
    """Return a whole number below 10^8 as int64; anything for others."""
    return bits_of(x + COUNTABLE) & COUNT


@inlined
def _fits(size, scaled, most):  # type: ignore[no-untyped-def]
    """Return -1 if 6 decimals suffice, as in `put_float`, else 0."""
    fits = (scaled < most) & (scaled / USUAL == size) & ((size >= SCIENTIFIC_BELOW) | (size == 0.0))
    return ALL if fits else NONE


@inlined
def _is_finite(number):  # type: ignore[no-untyped-def]
    return abs(from_bits(number)) < np.inf


@inlined
def _signed(whole, sign):  # type: ignore[no-untyped-def]
    """Return seven digits without leading zeros, after a minus where `sign` is -1 and not 0, and the size in bytes."""
    skipped = zeros_before(whole)
    text = (whole | TEXT) >> (skipped << BYTE_BITS)
    text = (text << (EIGHTH & np.uint64(sign))) | np.uint64(MINUS & sign)
    return text, np.int64(EIGHTH - skipped) - sign


@kernel
def _count_ratios(lanes):  # type: ignore[no-untyped-def]
    for at in range(0, RATIOS, ITEM):
        size = abs(from_bits(i8_at(lanes, at)))
        scaled = np.rint(size * USUAL)
        put_i8(lanes + SECOND, at, _count(scaled))
        put_i8(lanes + SIZE, at, _fits(size, scaled, MOST_RATIO))


@kernel
def _spell_ratios(lanes):  # type: ignore[no-untyped-def]
    """Spell ratios: the first word is a minus, which the second overwrites where there is none."""
    for at in range(0, RATIOS, ITEM):
        number, digits = i8_at(lanes, at), u8_at(lanes + SECOND, at)
        finite = _is_finite(number)
        text = ((digits >> EIGHTH) & DIGIT) | (digits & DECIMALS) | POINTED
        signs = -(number >> 63)
        size = (signs + max(places_used(digits), 3)) & i8_at(lanes + SIZE, at)
        put_word(lanes + SECOND, at, text if finite else NULL)
        put_i8(lanes + FIRST_SIZE, at, signs if finite else NONE)
        put_i8(lanes + SIZE, at, size if finite else SPELLED)


@kernel
def _count_amounts(lanes):  # type: ignore[no-untyped-def]
    for at in range(RATIOS, AMOUNTS, ITEM):
        size = abs(from_bits(i8_at(lanes, at)))
        scaled = np.rint(size * USUAL)
        whole = np.floor(size)  # exact where the number fits
        put_i8(lanes + FIRST, at, _count(whole))
        put_i8(lanes + SECOND, at, _count(scaled - whole * USUAL))
        put_i8(lanes + SIZE, at, _fits(size, scaled, MOST_AMOUNT))


@kernel
def _spell_amounts(lanes):  # type: ignore[no-untyped-def]
    """Spell amounts: the first word is sign and whole part, the second point and decimals."""
    for at in range(RATIOS, AMOUNTS, ITEM):
        number, decimals = i8_at(lanes, at), u8_at(lanes + SECOND, at)
        finite = _is_finite(number)
        text, first = _signed(u8_at(lanes + FIRST, at), number >> 63)
        # Two of the eight digits are zeros, and the point replaces one.
        size = (first + max(places_used(decimals) - 1, 2)) & i8_at(lanes + SIZE, at)
        put_word(lanes + FIRST, at, text if finite else NULL)
        put_word(lanes + SECOND, at, (((decimals | TEXT) >> EIGHTH) & ~DIGIT) | np.uint64(POINT))
        put_i8(lanes + FIRST_SIZE, at, first if finite else SPELLED)
        put_i8(lanes + SIZE, at, size if finite else SPELLED)


@kernel
def _count_integers(lanes):  # type: ignore[no-untyped-def]
    for at in range(AMOUNTS, LANES, ITEM):
        number = i8_at(lanes, at)
        sign = number >> 63
        size = np.uint64((number ^ sign) - sign)
        fits = size < MOST_INTEGER
        put_word(lanes + FIRST, at, size if fits else np.uint64(0))
        put_i8(lanes + SIZE, at, ALL if fits else NONE)


@kernel
def _spell_integers(lanes):  # type: ignore[no-untyped-def]
    """Spell integers: the text is in the first word."""
    for at in range(AMOUNTS, LANES, ITEM):
        text, size = _signed(u8_at(lanes + FIRST, at), i8_at(lanes, at) >> 63)
        put_word(lanes + FIRST, at, text)
        put_i8(lanes + FIRST_SIZE, at, size)
        put_i8(lanes + SIZE, at, size & i8_at(lanes + SIZE, at))


@kernel
def write_lanes(lanes):  # type: ignore[no-untyped-def]
    """Set every lane's text from its number."""
    _count_ratios(lanes)
    _count_amounts(lanes)
    _count_integers(lanes)
    for at in range(FIRST + RATIOS, FIRST + LANES, ITEM * COUNTS):
        to_digits(lanes + at)
    for at in range(SECOND, SECOND + AMOUNTS, ITEM * COUNTS):
        to_digits(lanes + at)
    _spell_ratios(lanes)
    _spell_amounts(lanes)
    _spell_integers(lanes)


@kernel
def _put_other(at, number, integer):  # type: ignore[no-untyped-def]
    return put_int(at, number) if integer else put_float(at, from_bits(number))


@inlined
def put_lane(at, lanes, lane):  # type: ignore[no-untyped-def]
    """Write the number of the lane at this offset and return the address after it. Up to 16 bytes more are written."""
    size = i8_at(lanes + SIZE, lane)
    if size == 0:
        return _put_other(at, i8_at(lanes, lane), lane >= AMOUNTS)
    put_word(at, 0, u8_at(lanes + FIRST, lane))
    put_word(at, i8_at(lanes + FIRST_SIZE, lane), u8_at(lanes + SECOND, lane))
    return at + size
