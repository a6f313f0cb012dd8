"""Exponential function: table-driven, after Tang (ACM TOMS 15, 1989), with a Cody-Waite reduction by ln2/128."""

import math

from worker.engine.elementary.float_bits import power_of_two
from worker.engine.elementary.tables import EXP_HEAD, EXP_STEPS, EXP_TAIL, STEP_HEAD, STEP_TAIL, STEPS_PER_UNIT
from worker.engine.kernel import embedded

ROUNDER = 1.5 * 2.0**52  # adding and subtracting it rounds to the nearest integer, ties to even
OVERFLOW = 709.782712893384  # the largest float64 whose exponential is finite
UNDERFLOW = -745.1332191019412  # below it the exponential rounds to zero
TINY = 2.0**-1000
HUGE = 2.0**1000


@embedded
def exp_parts(x: float) -> tuple[float, float, int]:
    """Return head, tail, m: exp(x) = 2^m·(head + tail) for finite x within the range of exp.

    head is in [1, 2), |tail| <= 2^-8.4·head.
    """
    k = (x * STEPS_PER_UNIT + ROUNDER) - ROUNDER
    r = (x - k * STEP_HEAD) - k * STEP_TAIL
    steps = int(k)
    j = steps & (EXP_STEPS - 1)
    square = r * r
    series = r + square * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720)))))
    head = EXP_HEAD[j]
    return head, EXP_TAIL[j] + head * series, (steps - j) // EXP_STEPS


@embedded
def exp(x: float) -> float:
    """Return e**x; subnormal below -708.4, 0 below -745.13, inf above 709.78, NaN for NaN.

    Error < 0.6 ulp (subnormals 1).
    """
    if not UNDERFLOW <= x <= OVERFLOW:
        return x if math.isnan(x) else (0.0 if x < 0.0 else math.inf)
    head, tail, m = exp_parts(x)
    value = head + tail
    if m < -1020:
        return value * power_of_two(m + 1000) * TINY
    if m > 1020:
        return value * power_of_two(m - 1000) * HUGE
    return value * power_of_two(m)
