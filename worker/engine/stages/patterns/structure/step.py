"""The parts of the chart's structure in the order of their dependencies."""

import math
from typing import Any

import numpy as np

from worker.engine.history import at
from worker.engine.kernel import embedded
from worker.engine.stages.patterns.structure import breakout, divergence, doubles, levels, squeeze, swings
from worker.engine.stages.patterns.structure.events import EVENTS, SWING_HIGH, SWING_LOW

STATE = np.dtype(
    [
        ("swings", swings.STATE),
        ("levels", levels.STATE),
        ("doubles", doubles.STATE),
        ("divergence", divergence.STATE),
        ("breakout", breakout.STATE),
        ("squeeze", squeeze.STATE),
    ],
    align=True,
)
OUTPUT = np.dtype(
    [
        ("breakout", "f8"),  # decayed signal of the last breakout or failure, [-1, 1]
        ("structure", "f8"),  # half the sum of levels, double and divergence, [-1, 1]
        ("events", "i2", (len(EVENTS),)),  # strength of each event at this bar, in the order of `EVENTS`; 0 none
    ]
)


@embedded
def _add_levels(own: Any, new: int, n: int, atr: float) -> None:
    """Add the last `new` swings to the levels in the order of their confirmation."""
    for age in range(new - 1, -1, -1):
        levels.add(own.levels, own.swings.rows[(own.swings.count - 1 - age) & swings.MASK], n, atr)


@embedded
def _form(own: Any, history: Any, atr: float, events: Any) -> float:
    """Return the signal of the swings' formations: judge the levels before adding this bar's swings."""
    new_high, new_low = events[SWING_HIGH] != 0, events[SWING_LOW] != 0
    total = float(levels.judge(own.levels, at(history, 0), atr, events))
    _add_levels(own, int(new_high) + int(new_low), history.count, atr)
    total += doubles.update(own.doubles, own.swings, new_high, new_low, history, atr, events)
    total += divergence.update(own.divergence, own.swings, new_high, new_low, events)
    return min(max(total / 2.0, -1.0), 1.0)


@embedded
def update(own: Any, history: Any, features: Any, keltner: Any, out: Any) -> None:
    """Write this bar's events and the signals; `structure` is NaN until ATR14 is warm.

    `features` are those of this bar, `keltner` is the state of that feature.
    """
    events = out.events
    for i in range(events.size):
        events[i] = 0
    swings.update(own.swings, history, features.rsi_14, events)
    out.breakout = breakout.update(own.breakout, history, at(history, 0), features, events)
    squeeze.update(own.squeeze, features, keltner, events)
    atr = features.atr_14
    out.structure = math.nan if math.isnan(atr) else _form(own, history, atr, events)
