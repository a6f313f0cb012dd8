"""Random variates from uniforms by +, -, *, / and sqrt alone, which IEEE 754 fixes to the bit on every machine."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# sin y = y - y^3/3! + ... to y^21: below 1e-15 on |y| <= pi/2. ln((1+s)/(1-s)) = 2(s + s^3/3 + ...) to s^21.
_SINE = [(-1.0) ** k / math.factorial(2 * k + 1) for k in range(11)]
_LOGARITHM = [1.0 / (2 * k + 1) for k in range(11)]
_SQRT_HALF, _LN2, _PI = 0.7071067811865476, 0.6931471805599453, 3.141592653589793


def _horner(coefficients: list[float], x: Floats) -> Floats:
    total = np.full_like(x, coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        total = total * x + coefficient
    return total


def ln(x: Floats) -> Floats:
    """Return the natural logarithm of positive numbers, relative error below 1e-14."""
    fraction, exponent = np.frexp(x)
    low = fraction < _SQRT_HALF
    fraction = np.where(low, fraction * 2.0, fraction)
    s = (fraction - 1.0) / (fraction + 1.0)
    return np.asarray((exponent - low) * _LN2 + 2.0 * s * _horner(_LOGARITHM, s * s))


def cos_pi(x: Floats) -> Floats:
    """Return cos(pi x) for x in [0, 1]."""
    y = (0.5 - x) * _PI
    return y * _horner(_SINE, y * y)


def student_t4(angle: Floats, radius: Floats) -> Floats:
    """Return Student's t, 4 degrees of freedom, scaled to variance 1, from two uniforms (Bailey 1994, polar form).

    With W uniform and an even angle, T = cos(angle) sqrt(nu (W^(-2/nu) - 1)); Var T = 2.
    """
    tail = 1.0 / np.sqrt(radius) - 1.0
    return np.asarray(cos_pi(angle) * np.sqrt(2.0 * tail))


def exponential(u: Floats) -> Floats:
    """Return an exponential with mean 1."""
    return -ln(u)
