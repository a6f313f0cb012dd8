"""The float64 nearest to a decimal, with a flag whether that is certain.

Small counts and powers are exact as floats, so that one operation rounds once [Clinger 1990]. For others, 128 bits of
the power of ten bound the product from both sides [Lemire 2021]. Where a rounding boundary lies between the bounds,
the exact decoder must decide.
"""

from __future__ import annotations

import numpy as np

from worker.engine.elementary.float_bits import from_bits
from worker.engine.elementary.words import leading_zeros, product_high
from worker.engine.kernel import inlined, kernel

EXACT_COUNT = 1 << 53
EXACT_POWER = 22  # 10^22 is the largest power of ten that a float64 holds
EXACT = np.array([10.0**n for n in range(EXACT_POWER + 1)])
LEAST, GREATEST = -342, 308  # powers of ten that a count below 2^64 can need
FRACTION = 52
BIAS = 1075
LARGEST = 2046  # biased exponent of a finite number
ONE, TOP, FULL = np.uint64(1), np.uint64(63), np.uint64(2**64 - 1)
HIDDEN = 1 << FRACTION


def _log2(power: int) -> int:
    """Return floor(log2(10^power)) for -342 <= power <= 308."""
    return (power * 217706) >> 16


def _scaled(power: int) -> tuple[int, int]:
    """Return 10^power·2^-s truncated to 128 bits, as two words; s makes the highest bit 1."""
    shift = _log2(power) - 127
    if power >= 0:
        cut = 10**power >> shift if shift > 0 else 10**power << -shift
    else:
        cut = (1 << -shift) // 10**-power
    return cut >> 64, cut & (2**64 - 1)


SCALED = np.array([_scaled(power) for power in range(LEAST, GREATEST + 1)], np.uint64)


@kernel
def _rounded(count, power):  # type: ignore[no-untyped-def]
    """Return (count·10^power, whether that is certain) of a count above 0."""
    if power < LEAST or power > GREATEST:
        return 0.0, False
    zeros = leading_zeros(np.uint64(count))
    word = np.uint64(count) << np.uint64(zeros)
    high, low = SCALED[power - LEAST, 0], SCALED[power - LEAST, 1]
    # The upper 128 bits of word·power: the power is low by less than 1, so the product is low by less than 2 units.
    top, middle = product_high(word, high), word * high
    carry = product_high(word, low)
    middle += carry
    if middle < carry:
        top += ONE
    cut = np.uint64(10) + (top >> TOP)  # bits below the 53 that are kept
    half = ONE << (cut - ONE)
    rest = top & ((ONE << cut) - ONE)
    if (rest == half and middle == np.uint64(0)) or (rest == half - ONE and middle == FULL):
        return 0.0, False
    kept = np.int64(top >> cut) + (1 if rest >= half else 0)
    exponent = np.int64(cut) + 1 + ((power * 217706) >> 16) - zeros + BIAS
    # Rounding up to the next power of two carries into the exponent by itself.
    bits = (exponent << FRACTION) + (kept - HIDDEN)
    if exponent < 1 or exponent > LARGEST or bits >> FRACTION > LARGEST:
        return 0.0, False
    return from_bits(bits), True


@inlined
def nearest(count, power):  # type: ignore[no-untyped-def]
    """Return (the float64 nearest to count·10^power, whether that is certain) for 0 <= count < 10^18."""
    if count <= EXACT_COUNT and -EXACT_POWER <= power <= EXACT_POWER:
        return (np.float64(count) / EXACT[-power] if power < 0 else np.float64(count) * EXACT[power]), True
    if count == 0:
        return 0.0, True
    return _rounded(count, power)
