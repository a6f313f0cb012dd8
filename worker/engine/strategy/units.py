"""The units of a plan's memory: by which power of a price factor each word changes where a symbol's prices do.

An indicator is known by what it is made of: a mean of prices is a price, price times volume stays what it is. A word
whose unit depends on values, as that of `close + 1`, is NaN, and with it all of its timeframe: bars must rebuild that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.engine.strategy.indicators import (
    arithmetic,
    changes,
    extremes,
    ranges,
    regression,
    trailing,
    volumes,
    windows,
)
from worker.engine.strategy.indicators.advance import FAMILIES, KINDS
from worker.engine.strategy.plan import ABSENT, PRICES, Plan

COLUMNS = (1.0, 1.0, 1.0, 1.0, -1.0)  # open, high, low, close, volume
INPUTS = ("a", "b", "c", "d")
UNKNOWN = math.nan


class Unit(NamedTuple):
    """The powers of what an indicator gives, and of the words of its state."""

    out: float
    own: tuple[float, ...] = ()


def units(plan: Plan) -> NDArray[np.float64]:
    """Return the power of each word of a symbol's memory; NaN where it is not known."""
    powers = np.zeros(plan.words)
    ends = [*plan.timeframes["head"].tolist()[1:], plan.words]
    for timeframe, end in zip(plan.timeframes, ends, strict=True):
        head = int(timeframe["head"])
        powers[head + PRICES : head + PRICES + len(COLUMNS)] = COLUMNS
        of = dict[int, Unit]()  # by place
        states = dict[int, Unit]()  # by first word of state
        for place, power in zip(timeframe["columns"], COLUMNS, strict=True):
            if place["at"] != ABSENT:
                _fill(powers, place, power)
                of[int(place["at"])] = Unit(power)
        for node in plan.nodes[timeframe["first"] : timeframe["last"]]:
            given = [of[int(node[name]["at"])].out for name in INPUTS if node[name]["at"] > 0]
            if node["kind"] == trailing.WORD:
                found = Unit(states[int(node["own"])].own[int(node["period"])])
            else:
                found = _unit(int(node["kind"]), given, float(node["y"]))
                own = int(node["own"])
                powers[own : own + len(found.own)] = found.own
                if found.own:
                    states[own] = found
            _fill(powers, node["out"], found.out)
            of[int(node["out"]["at"])] = found
        if np.isnan(powers[head:end]).any():
            powers[head:end] = UNKNOWN
    return powers


def _fill(powers: NDArray[np.float64], place: Any, power: float) -> None:
    powers[place["at"] : place["at"] + place["mask"] + 1] = power


def _alike(given: Sequence[float]) -> float:
    return given[0] if all(each == given[0] for each in given) else UNKNOWN


def _none(given: Sequence[float]) -> float:
    """Return the power of what compares values of one unit: none."""
    return _alike(given) * 0.0


def _of_arithmetic(kind: int, given: Sequence[float], y: float) -> float:
    if kind == arithmetic.SCALE:
        return given[0] if y == 0.0 or given[0] == 0.0 else UNKNOWN
    if kind == arithmetic.ROOT:
        return given[0] / 2.0 if given[0] % 1.0 == 0.0 else UNKNOWN
    if kind == arithmetic.LOGARITHM:
        return 0.0 if given[0] == 0.0 else UNKNOWN
    if kind == arithmetic.MULTIPLY:
        return given[0] + given[1]
    if kind == arithmetic.DIVIDE:
        power = given[0] - given[1]
        return power if y == 0.0 or power == 0.0 else UNKNOWN
    if kind == arithmetic.FALL_BACK:
        return _alike((given[0] - given[1], given[2]))
    compares = (arithmetic.SHARE, arithmetic.BALANCE, arithmetic.POSITION, arithmetic.BELOW)
    return _none(given) if kind in compares else _alike(given)


def _of_changes(kind: int, given: Sequence[float]) -> float:
    return given[0] * 0.0 if kind in (changes.RATE, changes.LOG_RETURN) else given[0]


def _of_windows(kind: int, given: Sequence[float]) -> Unit:
    power = given[0]
    if kind in (windows.SUM, windows.MEAN):
        return Unit(power, (power, power))
    if kind in (windows.VARIANCE, windows.DEVIATION):
        return Unit(2.0 * power if kind == windows.VARIANCE else power, (power, power, 2.0 * power, 2.0 * power))
    return Unit(power if kind == windows.LINEAR_WEIGHTED else power * 0.0)


def _of_volumes(kind: int, given: Sequence[float]) -> float:
    if kind == volumes.SIGNED:
        return given[1]
    if kind == volumes.ACCUMULATION:
        return given[3] + _none(given[:3])
    return given[0] + given[1]


def _of_trailing(kind: int, given: Sequence[float]) -> Unit:
    power = _alike(given)
    return Unit(power, (0.0, power, power, 0.0) if kind == trailing.PARABOLIC else (0.0, power, power))


def _unit(kind: int, given: Sequence[float], y: float) -> Unit:
    module = next(each for each in FAMILIES if any(kind == known.code for known in each.KINDS))
    if module is arithmetic:
        return Unit(_of_arithmetic(kind, given, y))
    if module is changes:
        return Unit(_of_changes(kind, given))
    if module is windows:
        return _of_windows(kind, given)
    if module is extremes:
        return Unit(given[0] if kind in (extremes.HIGHEST, extremes.LOWEST) else given[0] * 0.0, (given[0], 0.0))
    if module is regression:
        return Unit(given[0] * given[1] * 0.0 if kind == regression.CORRELATION else given[0])
    if module is volumes:
        return Unit(_of_volumes(kind, given))
    if module is trailing:
        return _of_trailing(kind, given)
    compares = module is ranges and kind in (ranges.DIRECTION, ranges.DIRECTION_AVERAGE)
    power = _none(given) if compares else _alike(given)
    return Unit(power, (power,) * KINDS[kind].words)
