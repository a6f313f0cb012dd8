"""Natural logarithm: table-driven reduction after Tang (ACM TOMS 16, 1990), a series in f/(2+f) near 1."""

import math

from worker.engine.elementary.float_bits import BIAS, MANTISSA_BITS, bits_of, from_bits
from worker.engine.elementary.tables import LN2_HEAD, LN2_TAIL, LOG_CENTRE, LOG_HEAD, LOG_INVERSE, LOG_TAIL
from worker.engine.kernel import embedded

FRACTION_MASK = (1 << MANTISSA_BITS) - 1
ONE_BITS = BIAS << MANTISSA_BITS
INDEX_SHIFT = MANTISSA_BITS - 7
SMALLEST_NORMAL = 2.0**-1022
TWO_54 = 2.0**54


@embedded
def _near_one(x: float) -> float:
    """Return ln(1+f) = f - (f²/2 - s·(f²/2 + R)), s = f/(2+f), R = Σ 2/(2n+1)·s^2n.

    There is no cancellation and no constant term.
    """
    f = x - 1.0
    s = f / (2.0 + f)
    z = s * s
    r = z * (2 / 3 + z * (2 / 5 + z * (2 / 7 + z * (2 / 9 + z * (2 / 11 + z * (2 / 13))))))
    half_square = 0.5 * f * f
    return f - (half_square - s * (half_square + r))


@embedded
def _far_from_one(x: float, exponent: int) -> float:
    """Return ln x = (k·ln 2 + ln c) + ln(1+r) for x = 2^k·z, z = c·(1+r) with c the nearest centre, |r| <= 2^-8."""
    pattern: int = bits_of(x)
    exponent += (pattern >> MANTISSA_BITS) - BIAS
    fraction = pattern & FRACTION_MASK
    j = fraction >> INDEX_SHIFT
    z: float = from_bits(fraction | ONE_BITS)
    r: float = (z - LOG_CENTRE[j]) * LOG_INVERSE[j]
    k = float(exponent)
    head: float = k * LN2_HEAD + LOG_HEAD[j]
    tail: float = k * LN2_TAIL + LOG_TAIL[j]
    square = r * r
    series = square * (-1 / 2 + r * (1 / 3 - r * (1 / 4 - r * (1 / 5 - r * (1 / 6 - r * (1 / 7))))))
    return head + (r + (series + tail))


@embedded
def log(x: float) -> float:
    """Return the natural logarithm; -inf for 0, NaN for a negative number or NaN. Error < 0.6 ulp."""
    if 0.9375 < x < 1.0625:
        return _near_one(x)
    if x >= SMALLEST_NORMAL:
        return x if x == math.inf else _far_from_one(x, 0)
    if x > 0.0:
        return _far_from_one(x * TWO_54, -54)
    return -math.inf if x == 0.0 else math.nan
