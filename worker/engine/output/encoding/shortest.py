"""The shortest decimal of any float64: Schubfach [Giulietti 2021], with powers of ten of 128 bits."""

from __future__ import annotations

import numpy as np

from worker.engine.elementary.float_bits import bits_of
from worker.engine.kernel import kernel

LEAST, GREATEST = -292, 324  # powers of ten that a float64 can need
HIDDEN = 1 << 52
BIAS = 1075
LOW = np.uint64(0xFFFFFFFF)
HALF = np.uint64(32)
ONE, TWO, FOUR, TEN, FORTY = np.uint64(1), np.uint64(2), np.uint64(4), np.uint64(10), np.uint64(40)


def _power(k: int) -> tuple[int, int]:
    """Return 10^k scaled to 128 bits and rounded up, as two words."""
    shift = floor_log2_of_power(k) - 127
    if k >= 0:
        exact = 10**k
        scaled = -(-exact >> shift) if shift > 0 else exact << -shift
    else:
        scaled = -(-(1 << -shift) // 10**-k)
    return scaled >> 64, scaled & (2**64 - 1)


def floor_log2_of_power(k: int) -> int:
    """Return floor(log2(10^k))."""
    return (k * 1741647) >> 19


POWERS = np.array([_power(k) for k in range(LEAST, GREATEST + 1)], np.uint64)


@kernel
def _product(a, b):  # type: ignore[no-untyped-def]
    """Return the high and the low word of a 64-bit product."""
    a_low, a_high, b_low, b_high = a & LOW, a >> HALF, b & LOW, b >> HALF
    low, mid, other = a_low * b_low, a_high * b_low, a_low * b_high
    carry = (low >> HALF) + (mid & LOW) + (other & LOW)
    return a_high * b_high + (mid >> HALF) + (other >> HALF) + (carry >> HALF), (carry << HALF) | (low & LOW)


@kernel
def _round_to_odd(high, low, count):  # type: ignore[no-untyped-def]
    """Return floor(power·count / 2^128), its lowest bit set when something was cut off."""
    rest, _ = _product(low, count)
    top, middle = _product(high, count)
    middle += rest
    if middle < rest:
        top += ONE
    return top | ONE if middle > ONE else top


@kernel
def _choose(lower, middle, upper):  # type: ignore[no-untyped-def]
    """Return (decimal count, whether it counts tens) of the interval in quarters; of two candidates the nearer one."""
    count = middle // FOUR
    if count >= TEN:
        tens = count // TEN
        under, over = lower <= FORTY * tens, FORTY * tens + FORTY <= upper
        if under != over:
            return (tens + ONE if over else tens), 1
    under, over = lower <= FOUR * count, FOUR * count + FOUR <= upper
    if under != over:
        return (count + ONE if over else count), 0
    half = FOUR * count + TWO
    up = middle > half or (middle == half and (count & ONE) != np.uint64(0))
    return (count + ONE if up else count), 0


@kernel
def shortest(size):  # type: ignore[no-untyped-def]
    """Return (count, exponent) with the fewest digits such that count·10^exponent reads as `size`.

    `size` is a finite float above 0.
    """
    bits = bits_of(size)
    fraction, exponent = bits & (HIDDEN - 1), bits >> 52
    significand = fraction | HIDDEN if exponent != 0 else fraction
    q = max(exponent, 1) - BIAS
    closer = 1 if fraction == 0 and exponent > 1 else 0
    k = (q * 1262611 - (524031 if closer else 0)) >> 22
    h = np.uint64(q + ((-k * 1741647) >> 19) + 1)
    high, low = POWERS[-k - LEAST, 0], POWERS[-k - LEAST, 1]
    lower = _round_to_odd(high, low, np.uint64(4 * significand - 2 + closer) << h)
    middle = _round_to_odd(high, low, np.uint64(4 * significand) << h)
    upper = _round_to_odd(high, low, np.uint64(4 * significand + 2) << h)
    if significand & 1:
        lower, upper = lower + ONE, upper - ONE
    count, tens = _choose(lower, middle, upper)
    return np.int64(count), k + tens
