"""Rounding of published numbers, prices and quantities: integer counts of a step, one algorithm for all."""

import math

import numpy as np
from numpy.typing import NDArray

from worker.engine.kernel import embedded, kernel

EXACT_LIMIT = 2.0**53  # beyond it a float64 is no longer an exact count
MAX_DECIMALS = 22  # 10**22 is the largest power of ten that a float64 holds exactly
POWERS_OF_TEN = np.array([float(10**n) for n in range(MAX_DECIMALS + 1)])
GRID_SLACK = 1e-9  # steps; a value this close to a grid point counts as on it,
COUNT_SLACK = 2.0**-51  # and so does one that is off by the rounding of x/step (which outgrows 1e-9 at 4 million steps)
INVERSE_TOLERANCE = 1e-12


@embedded
def decimals(x: float, d: int) -> float:
    """Return `x` to `d` (0..22) decimals, ties of the scaled float to even.

    That is rint(x·10^d)/10^d, or `x` from 2^53 counts on.

    The shortest repr of the result has at most `d` decimals; -0 becomes 0, NaN and ±inf stay.
    """
    scale: float = POWERS_OF_TEN[d]
    scaled = x * scale
    if not abs(scaled) < EXACT_LIMIT:
        return x
    return float(np.rint(scaled)) / scale + 0.0


@embedded
def _exponent(size: float) -> int:
    """Return floor(log10(size)) for 1e-22 <= size < 1e22, by comparison with exact powers only."""
    n = 0
    if size >= 1.0:
        while n < MAX_DECIMALS and size >= POWERS_OF_TEN[n + 1]:
            n += 1
        return n
    while n < MAX_DECIMALS and size * POWERS_OF_TEN[n] < 1.0:
        n += 1
    return -n


@embedded
def significant(x: float, digits: int) -> float:
    """Return `x` to `digits` (1..15) significant digits, but never finer than 22 decimals; |x| >= 1e22 stays."""
    size = abs(x)
    if not 0.0 < size < 1e22:
        return x + 0.0
    places = digits - 1 - _exponent(size)
    if places >= 0:
        return decimals(x, min(places, MAX_DECIMALS))
    step: float = POWERS_OF_TEN[-places]
    return float(np.rint(x / step)) * step


@embedded
def on_grid(count: float, step: float) -> float:
    """Return count·step as the float nearest to the decimal when 1/step is a whole number (0.01, 0.05, 0.25 …)."""
    inverse = float(np.rint(1.0 / step))
    if inverse >= 1.0 and abs(inverse * step - 1.0) <= INVERSE_TOLERANCE:
        return count / inverse + 0.0
    return count * step + 0.0


@embedded
def _countable(x: float, step: float) -> bool:
    return step > 0.0 and abs(x / step) < EXACT_LIMIT


@embedded
def to_tick(x: float, tick: float) -> float:
    """Round `x` to the nearest multiple of `tick`, ties to even; unchanged when `tick` is 0 or `x` not finite."""
    return on_grid(np.rint(x / tick), tick) if _countable(x, tick) else x


@embedded
def _steps_below(x: float, step: float) -> int:
    count = x / step
    return math.floor(count + (GRID_SLACK + abs(count) * COUNT_SLACK))


@embedded
def to_tick_down(x: float, tick: float) -> float:
    """Round `x` down to a multiple of `tick` (within 1e-9 ticks of one: that one)."""
    return on_grid(_steps_below(x, tick), tick) if _countable(x, tick) else x


@embedded
def to_tick_up(x: float, tick: float) -> float:
    """Round `x` up to a multiple of `tick` (within 1e-9 ticks of one: that one)."""
    return on_grid(-_steps_below(-x, tick), tick) if _countable(x, tick) else x


@embedded
def to_tick_away(x: float, tick: float, entry: float) -> float:
    """Round `x` to a multiple of `tick` away from `entry`, as for stops."""
    return to_tick_down(x, tick) if x < entry else to_tick_up(x, tick)


@embedded
def to_tick_toward(x: float, tick: float, entry: float) -> float:
    """Round `x` to a multiple of `tick` towards `entry`, as for targets."""
    return to_tick_up(x, tick) if x < entry else to_tick_down(x, tick)


@embedded
def floor_to_step(x: float, step: float) -> float:
    """Return floor(x/step + 1e-9)·step for a quantity `x` >= 0; unchanged when `step` is 0 (any quantity)."""
    return to_tick_down(x, step)


@kernel
def _decimals_into(out: NDArray[np.float64], values: NDArray[np.float64], d: int) -> None:
    for i in range(values.size):
        out[i] = decimals(values[i], d)


@kernel
def _significant_into(out: NDArray[np.float64], values: NDArray[np.float64], digits: int) -> None:
    for i in range(values.size):
        out[i] = significant(values[i], digits)


def decimals_of(values: NDArray[np.float64], d: int) -> NDArray[np.float64]:
    """Return `decimals` of each element of a one-dimensional float64 array, as a new array."""
    out = np.empty_like(values)
    _decimals_into(out, values, d)
    return out


def significant_of(values: NDArray[np.float64], digits: int) -> NDArray[np.float64]:
    """Return `significant` of each element of a one-dimensional float64 array, as a new array."""
    out = np.empty_like(values)
    _significant_into(out, values, digits)
    return out
