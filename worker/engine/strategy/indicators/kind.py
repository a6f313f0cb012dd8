"""A kind of indicator, a declared series of it, and the record of one in the plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

FAMILY_SHIFT = 5  # a kind's code is its family's number, then five bits of its own

# The kernels read a series as `memory[at + (bar & mask)]`.
PLACE = np.dtype([("at", "i8"), ("mask", "i8")], align=True)
NODE = np.dtype(
    [
        ("kind", "i8"),
        ("start", "i8"),  # bar of its timeframe that gives it its first value, 1 = the first of all
        ("needs", "i8"),  # values that it must have been given to be known
        ("period", "i8"),
        ("x", "f8"),
        ("y", "f8"),
        ("own", "i8"),  # first word of its state
        ("out", PLACE),
        ("a", PLACE),
        ("b", PLACE),
        ("c", PLACE),
        ("d", PLACE),
    ],
    align=True,
)

ENDLESS = -1  # a memory that no number of bars replaces


@dataclass(frozen=True, eq=False)
class Series:
    """One value a bar: a column of the bars, or an indicator of other series."""

    kind: int
    inputs: tuple[Series, ...] = ()
    period: int = 1
    x: float = 0.0
    y: float = 0.0
    delay: int = 0  # values of the inputs that it passes over before the first
    timeframe: int = 0  # ms, 0 = the symbol's own bars


def _one(series: Series) -> int:
    return 1


def _period(series: Series) -> int:
    return series.period


def _next_after_period(series: Series) -> int:
    return series.period + 1


def _none(series: Series) -> int:
    return 0


class Kind(NamedTuple):
    """What the plan must know of a kind; the functions take the series."""

    code: int
    name: str
    words: int = 0  # of state
    needs: Callable[[Series], int] = _one  # values given until it is known
    reads: Callable[[Series], int] = _one  # newest values of each input that it reads
    fades: Callable[[Series], int] = _none  # values after which an earlier start shows in no more than 1e-9; ENDLESS


one, period, next_after_period = _one, _period, _next_after_period


def endless(series: Series) -> int:
    """Return that an earlier start shows for ever."""
    return ENDLESS
