"""Double top and double bottom: two equal swings, confirmed by a close beyond the extreme between them."""

from typing import Any

import numpy as np

from worker.engine.history import at
from worker.engine.kernel import embedded
from worker.engine.stages.patterns.decay import half_life
from worker.engine.stages.patterns.structure.events import DOUBLE_BOTTOM, DOUBLE_TOP, FULL
from worker.engine.stages.patterns.structure.swings import HIGH, LOW, latest

EQUAL = 0.5  # ATRs between the two swings
DEPTH = 2.0  # ATRs from the lower swing high to the trough
NEAREST, FARTHEST = 5, 60  # bars between the swings
ARMED_BARS = 30
MEMORY = 101  # bars; then the signal is below one millionth, the last published decimal
WEIGHTS = half_life(5, MEMORY)

ARMED = np.dtype(
    [
        ("line", "f8"),  # the trough or peak between the swings
        ("left", "i8"),  # bars left in which a close beyond it counts; 0 not armed
    ],
    align=True,
)
STATE = np.dtype([("top", ARMED), ("bottom", ARMED), ("direction", "i8"), ("age", "i8")], align=True)


@embedded
def _between(history: Any, kind: int, first: int, last: int) -> float:
    """Return the lowest low (of a top) or highest high (of a bottom) between the two ordinals, both excluded."""
    bar = at(history, history.count - first - 1)
    extreme: float = bar.low if kind == HIGH else bar.high
    for ordinal in range(first + 2, last):
        bar = at(history, history.count - ordinal)
        extreme = min(extreme, bar.low) if kind == HIGH else max(extreme, bar.high)
    return extreme


@embedded
def _arm(armed: Any, swings: Any, kind: int, history: Any, atr: float) -> None:
    newer, older = latest(swings, kind, 0), latest(swings, kind, 1)
    if older < 0:
        return
    second, first = swings.rows[newer], swings.rows[older]
    if not NEAREST <= second.bar - first.bar <= FARTHEST or not abs(second.price - first.price) <= EQUAL * atr:
        return
    line = _between(history, kind, first.bar, second.bar)
    depth = min(kind * first.price, kind * second.price) - kind * line
    if depth >= DEPTH * atr:
        armed.line = line
        armed.left = ARMED_BARS


@embedded
def _fires(armed: Any, kind: int, close: float) -> bool:
    if armed.left == 0:
        return False
    armed.left -= 1
    if not kind * close < kind * armed.line:
        return False
    armed.left = 0
    return True


@embedded
def update(own: Any, swings: Any, new_high: bool, new_low: bool, history: Any, atr: float, events: Any) -> float:
    """Return ±0.5^(age/5) of the last double, -1 for a top; two doubles in one bar cancel out.

    A swing that this bar confirms arms a double for this bar and the 29 after it.
    """
    own.age += 1
    if new_high:
        _arm(own.top, swings, HIGH, history, atr)
    if new_low:
        _arm(own.bottom, swings, LOW, history, atr)
    close = at(history, 0).close
    top, bottom = _fires(own.top, HIGH, close), _fires(own.bottom, LOW, close)
    if top:
        events[DOUBLE_TOP] = -FULL
    if bottom:
        events[DOUBLE_BOTTOM] = FULL
    if top or bottom:
        own.direction = int(bottom) - int(top)
        own.age = 0
    return own.direction * WEIGHTS[own.age] if own.age < MEMORY else 0.0
