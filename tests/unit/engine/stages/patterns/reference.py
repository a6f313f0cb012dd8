"""The chart's structure by its definition, over whole series and lists, from TA-Lib's and the engine's features."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import talib
from numpy.typing import NDArray

from tests.support.features_series import Series

Array = NDArray[np.float64]
KEPT_SWINGS = 16


class Swing(NamedTuple):
    """A fractal; `known` is the index of the bar that confirms it, two after `bar`."""

    known: int
    kind: int  # +1 high, -1 low
    bar: int
    price: float


class Inputs(NamedTuple):
    """Series and what the structure is measured in."""

    series: Series
    atr: Array
    rsi: Array


def decayed(events: Array, half_life: int) -> Array:
    """sign·0.5^(age/half_life) of the last bar whose event is not NaN; 0 before the first and after 100 bars."""
    indices = np.arange(events.size)
    last = np.maximum.accumulate(np.where(np.isnan(events), -1, indices))
    age = indices - last
    value = np.where(last < 0, 0.0, events[last]) * 0.5 ** (age / half_life)
    return np.where((last < 0) | (age > 100), 0.0, value)


def swings(s: Series) -> list[Swing]:
    """From TA-Lib's fractals, in the order of confirmation, the high of a bar before its low."""
    high, low = talib.FRACTAL(s.high, s.low, leftbars=2, rightbars=2)
    found = [Swing(t, 1, t - 2, s.high[t - 2]) for t in np.flatnonzero(high).tolist()]
    found += [Swing(t, -1, t - 2, s.low[t - 2]) for t in np.flatnonzero(low).tolist()]
    return sorted(found, key=lambda swing: (swing.known, -swing.kind))


def pairs(found: list[Swing]) -> list[tuple[Swing, Swing]]:
    """Each swing with the previous one of its kind, where that is among the last 16 at the confirming bar."""
    result = []
    for at, swing in enumerate(found):
        until = at + 1 + sum(other.known == swing.known for other in found[at + 1 : at + 2])
        before = [other for other in found[max(0, until - KEPT_SWINGS) : at] if other.kind == swing.kind]
        if before:
            result.append((before[-1], swing))
    return result


def divergences(x: Inputs) -> Array:
    """±1 at the bar that confirms one, 0 where two cancel out, else NaN."""
    events = np.full(x.atr.size, np.nan)
    for first, second in pairs(swings(x.series)):
        gap, k = second.bar - first.bar, second.kind
        if gap <= 60 and k * (second.price - first.price) > 0 and k * (x.rsi[first.bar] - x.rsi[second.bar]) >= 2:
            events[second.known] = np.nan_to_num(events[second.known]) - k
    return events


def held(events: Array, bars: int) -> Array:
    """Each event for `bars` bars, or until the next one."""
    result = np.zeros(events.size)
    for t in np.flatnonzero(~np.isnan(events)).tolist():
        result[t : t + bars] = 0.0
        result[t : t + bars] = events[t]
    return result


def doubles(x: Inputs) -> Array:
    """-1 at a double top's confirmation, +1 at a double bottom's, 0 where both meet, else NaN."""
    s, events = x.series, np.full(x.atr.size, np.nan)
    for kind, between in ((1, s.low), (-1, s.high)):
        armed: list[tuple[int, float]] = []
        for first, second in pairs(swings(s)):
            if second.kind != kind or np.isnan(x.atr[second.known]) or not 5 <= second.bar - first.bar <= 60:
                continue
            part = kind * between[first.bar + 1 : second.bar]
            depth, atr = min(kind * first.price, kind * second.price) - part.min(), x.atr[second.known]
            if abs(first.price - second.price) <= 0.5 * atr and depth >= 2 * atr:
                armed.append((second.known, kind * part.min()))
        ends = [start for start, _ in armed[1:]] + [s.close.size]
        for (start, line), end in zip(armed, ends, strict=True):
            window = kind * s.close[start : min(start + 30, end)]
            beyond = np.flatnonzero(window < kind * line)
            if beyond.size:
                t = start + int(beyond[0])
                events[t] = np.nan_to_num(events[t]) - kind
    return events


def levels(x: Inputs) -> tuple[Array, list[dict[str, int]]]:
    """(clipped sum of what each bar does at the levels, the events of each bar)."""
    s, signal, events = x.series, np.zeros(x.atr.size), []
    known: list[dict[str, float]] = []
    waiting = swings(s)
    for t in range(s.close.size):
        now: dict[str, int] = {}
        atr, total = x.atr[t], 0
        new = [swing for swing in waiting[:2] if swing.known == t]
        waiting = waiting[len(new) :]
        events.append(now)
        if math.isnan(atr):
            continue
        for level in known:
            total += _judged(level, s, t, atr, now)
        for swing in new:
            known = _learned(known, swing, t, atr)
        signal[t] = max(-1, min(1, total))
    return signal, events


def _judged(level: dict[str, float], s: Series, t: int, atr: float, now: dict[str, int]) -> int:
    side, price = level["side"], level["price"]  # +1 support
    facing = s.low[t] if side > 0 else s.high[t]
    name = "support" if side > 0 else "resistance"
    if side * (s.close[t] - price) < -0.5 * atr:
        level["side"] = -side
        now[f"{name}_break"] = int(-side * 100)
        return int(-side)
    if side * facing <= side * price + 0.1 * atr and side * s.close[t] > side * price:
        now[f"{name}_touch"] = int(side * 100)
        return int(side)
    return 0


def _learned(known: list[dict[str, float]], swing: Swing, t: int, atr: float) -> list[dict[str, float]]:
    near = [level for level in known if abs(level["price"] - swing.price) <= 0.25 * atr]
    if near:
        level = min(near, key=lambda level: abs(level["price"] - swing.price))
        level["price"] += (swing.price - level["price"]) / (level["touches"] + 1)
        level.update(touches=level["touches"] + 1, bar=swing.bar)
        return known
    opened: dict[str, float] = {"price": swing.price, "touches": 1, "bar": swing.bar, "side": -swing.kind}
    ranked = sorted([*known, opened], key=lambda level: -level["touches"] * math.exp((level["bar"] - t) / 200))
    best = ranked[:8]
    return [level for level in [*known, opened] if any(level is other for other in best)]


def structure(x: Inputs) -> Array:
    """Half the sum of levels, double and divergence, clipped; NaN until ATR14 is warm."""
    total = levels(x)[0] + decayed(doubles(x), 5) + held(divergences(x), 5)
    return np.where(np.isnan(x.atr), np.nan, np.clip(total / 2, -1, 1))


def squeezes(s: Series) -> tuple[Array, Array]:
    """(100 at the sixth bar of a squeeze, ±100 at its release), else 0, from TA-Lib's bands, averages and slope."""
    upper, _, lower = talib.BBANDS(s.close, 20, 2, 2)
    middle = talib.EMA(talib.TYPPRICE(s.high, s.low, s.close), 20)
    half = 1.5 * talib.ATR(s.high, s.low, s.close, 10)
    inside = (upper < middle + half) & (lower > middle - half)
    slope = talib.LINEARREG_SLOPE(s.close, 20)
    begun, released, run = np.zeros(inside.size), np.zeros(inside.size), 0
    for t, on in enumerate(inside.tolist()):
        released[t] = 100 * np.sign(slope[t]) if not on and run >= 6 else 0.0
        run = run + 1 if on else 0
        begun[t] = 100 if run == 6 else 0
    return begun, released


def event_column(rows: Any, names: tuple[str, ...], name: str) -> NDArray[np.int16]:
    """The strengths of one event."""
    column: NDArray[np.int16] = rows["events"][:, names.index(name)]
    return column
