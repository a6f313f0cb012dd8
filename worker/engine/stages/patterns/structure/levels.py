"""Support and resistance: prices where swings cluster; the eight with the most and latest touches are kept."""

from typing import Any

import numpy as np

from worker.engine.elementary import exp
from worker.engine.kernel import embedded
from worker.engine.stages.patterns.structure.events import (
    FULL,
    RESISTANCE_BREAK,
    RESISTANCE_TOUCH,
    SUPPORT_BREAK,
    SUPPORT_TOUCH,
)
from worker.engine.stages.patterns.structure.swings import HIGH

KEPT = 8
MERGE = 0.25  # ATRs
TOUCH = 0.1
BREAK = 0.5
FADING = 200.0  # bars after which a level's weight is 1/e
SUPPORT, RESISTANCE = 1, -1

LEVEL = np.dtype(
    [
        ("price", "f8"),  # running mean of its swings
        ("touches", "i8"),  # number of its swings
        ("bar", "i8"),  # ordinal of its newest swing's bar
        ("role", "i8"),  # SUPPORT or RESISTANCE
    ],
    align=True,
)
STATE = np.dtype([("count", "i8"), ("rows", LEVEL, (KEPT,))], align=True)  # oldest first


@embedded
def _judge_support(level: Any, row: Any, atr: float, events: Any) -> int:
    if row.close < level.price - BREAK * atr:
        level.role = RESISTANCE
        events[SUPPORT_BREAK] = -FULL
        return -1
    if row.low <= level.price + TOUCH * atr and row.close > level.price:
        events[SUPPORT_TOUCH] = FULL
        return 1
    return 0


@embedded
def _judge_resistance(level: Any, row: Any, atr: float, events: Any) -> int:
    if row.close > level.price + BREAK * atr:
        level.role = SUPPORT
        events[RESISTANCE_BREAK] = FULL
        return 1
    if row.high >= level.price - TOUCH * atr and row.close < level.price:
        events[RESISTANCE_TOUCH] = -FULL
        return -1
    return 0


@embedded
def judge(levels: Any, row: Any, atr: float, events: Any) -> int:
    """Return +1 for a touched support or a broken resistance among the levels known before the bar, -1 mirrored.

    The values are summed over the levels and clipped to [-1, 1]; a broken level changes its role.
    """
    total = 0
    for i in range(levels.count):
        level = levels.rows[i]
        if level.role == SUPPORT:
            total += _judge_support(level, row, atr, events)
        else:
            total += _judge_resistance(level, row, atr, events)
    return min(max(total, -1), 1)


@embedded
def _nearest(levels: Any, price: float) -> int:
    """Return the index of the level nearest to `price`, the older of two; -1 without levels."""
    best = -1
    for i in range(levels.count):
        if best < 0 or abs(price - levels.rows[i].price) < abs(price - levels.rows[best].price):
            best = i
    return best


@embedded
def _weight(level: Any, n: int) -> float:
    weight: float = level.touches * exp((level.bar - n) / FADING)
    return weight


@embedded
def _weakest(levels: Any, n: int) -> int:
    """Return the index of the level with the least touches·exp(-age/200), the newer of two."""
    worst, least = 0, _weight(levels.rows[0], n)
    for i in range(1, levels.count):
        weight = _weight(levels.rows[i], n)
        if weight <= least:
            worst, least = i, weight
    return worst


@embedded
def _remove(levels: Any, index: int) -> None:
    for i in range(index, levels.count - 1):
        levels.rows[i] = levels.rows[i + 1]
    levels.count -= 1


@embedded
def _open(levels: Any, swing: Any, n: int) -> None:
    if levels.count == KEPT:
        worst = _weakest(levels, n)
        if exp((swing.bar - n) / FADING) <= _weight(levels.rows[worst], n):
            return
        _remove(levels, worst)
    level = levels.rows[levels.count]
    level.price = swing.price
    level.touches = 1
    level.bar = swing.bar
    level.role = RESISTANCE if swing.kind == HIGH else SUPPORT
    levels.count += 1


@embedded
def add(levels: Any, swing: Any, n: int, atr: float) -> None:
    """Add a confirmed swing to the nearest level within 0.25 ATR, or open a level; `n` = ordinal of the current bar."""
    nearest = _nearest(levels, swing.price)
    if nearest < 0 or not abs(swing.price - levels.rows[nearest].price) <= MERGE * atr:
        _open(levels, swing, n)
        return
    level = levels.rows[nearest]
    level.touches += 1
    level.price += (swing.price - level.price) / level.touches
    level.bar = swing.bar
