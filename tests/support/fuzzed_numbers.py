"""Random decimals, most of all such that lie next to the border between two float64."""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Callable
from decimal import Decimal, localcontext

LARGEST = 0x7FEFFFFFFFFFFFFF  # the bits of the largest float64
SPECIAL = [
    "0",
    "0.0",
    "-0.0",
    "0e5",
    "5e-324",
    "2.5e-324",
    "2.4e-324",
    "1.7976931348623157e308",
    "1.7976931348623159e308",
]
SPECIAL += [
    "9007199254740993",
    "9007199254740992",
    "18446744073709551615",
    "18446744073709551616",
    "1e22",
    "1e23",
    "1E5",
]
SPECIAL += [
    "2.2250738585072011e-308",
    "2.2250738585072014e-308",
    "1e-400",
    "1e400",
    "100." + "0" * 30,
    "0." + "0" * 30 + "1",
]


def any_float(rng: random.Random) -> float:
    """A finite float64 above 0, its bits drawn evenly."""
    value: float = struct.unpack("<d", struct.pack("<Q", rng.randrange(1, LARGEST)))[0]
    return value


def _price(rng: random.Random) -> str:
    return f"{rng.lognormvariate(3, 3):.{rng.randrange(9)}f}"


def _shortest(rng: random.Random) -> str:
    return repr(rng.lognormvariate(3, 3) if rng.random() < 0.7 else any_float(rng))


def _digits(rng: random.Random) -> str:
    size = rng.randrange(1, 21)
    text = str(rng.randrange(10 ** (size - 1), 10**size))
    point = rng.randrange(size + 1)
    return text if point == size else f"{text[:point] or '0'}.{text[point:]}"


def _exponent(rng: random.Random) -> str:
    sign, zeros = rng.choice(["", "+", "-"]), rng.choice(["", "", "0", "000"])
    size = rng.choice([4, 30, 340])
    return f"{_digits(rng)}{rng.choice('eE')}{sign}{zeros}{rng.randrange(size)}"


def _near_half(rng: random.Random) -> str:
    # The middle between a float and the next one, cut to as many digits as make it nearly, but not quite, the middle.
    low = rng.lognormvariate(3, 3) if rng.random() < 0.9 else any_float(rng)
    with localcontext() as context:
        context.prec = 120 if 1e-20 < low < 1e40 else 800
        middle = (Decimal(low) + Decimal(math.nextafter(low, math.inf))) / 2
    with localcontext() as context:
        context.prec = rng.randrange(15, 21)
        return f"{+middle:{rng.choice(['e', 'f']) if 1e-5 < low < 1e16 else 'e'}}"


def _small(rng: random.Random) -> str:
    return f"{rng.random() * 10.0 ** -rng.randrange(12):.{rng.randrange(1, 25)}f}"


FORMS: tuple[tuple[Callable[[random.Random], str], int], ...] = (
    (_price, 40),
    (_shortest, 20),
    (_digits, 12),
    (_exponent, 8),
    (_near_half, 12),
    (_small, 7),
)


def number(rng: random.Random) -> str:
    """A number as JSON writes it."""
    if rng.random() < 0.01:
        return rng.choice(SPECIAL)
    [form] = rng.choices([form for form, _ in FORMS], [weight for _, weight in FORMS])
    return ("-" if rng.random() < 0.05 else "") + form(rng)
