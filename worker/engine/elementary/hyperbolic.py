"""Hyperbolic tangent: Lambert's continued fraction near 0, 1 - 2/(e^2x + 1) beyond."""

import math

from worker.engine.elementary.exponential import exp_parts
from worker.engine.elementary.float_bits import power_of_two
from worker.engine.kernel import embedded

SPLIT = 0.55  # beyond it 2/(e^2x + 1) < 1/2, so that its rounding error is at most a quarter ulp of the result
SATURATED = 22.0


@embedded
def _lambert(x: float) -> float:
    """Return x/(1+w) with w = z/(3 + z/(5 + … + z/15)), z = x², as x - x·w/(1+w): only the correction is rounded.

    The convergent is multiplied out to integers; at |x| = 0.55 it is exact to 2^-60.
    """
    z = x * x
    above = 675675.0 + z * (45045.0 + z * (594.0 + z))
    below = 2027025.0 + z * (945945.0 + z * (51975.0 + z * (630.0 + z)))
    return x - x * (z * above / below)


@embedded
def _one_minus(x: float) -> float:
    """Return 1 - 2/(e^2x + 1) for x >= SPLIT; the denominator is kept as a sum of two floats."""
    head, tail, m = exp_parts(2.0 * x)
    scale = power_of_two(m)
    head *= scale
    leading = head + 1.0
    rest = (1.0 - (leading - head)) + tail * scale
    denominator = leading + rest
    rest -= denominator - leading
    quotient = 2.0 / denominator
    value = 1.0 - quotient
    return value + ((1.0 - value - quotient) + 0.5 * quotient * quotient * rest)


@embedded
def tanh(x: float) -> float:
    """Return the hyperbolic tangent; ±1 for ±inf, NaN for NaN, ±0 for ±0. Error < 0.9 ulp."""
    size = abs(x)
    if size < SPLIT:
        return math.copysign(_lambert(size), x)
    if size > SATURATED:
        return math.copysign(1.0, x)
    if math.isnan(x):
        return x
    return math.copysign(_one_minus(size), x)
