"""The call list of the candlestick families."""

from typing import Any

import numpy as np

from worker.engine.history import at
from worker.engine.kernel import embedded
from worker.engine.stages.patterns.candles import (
    continuation,
    doji,
    long_bodies,
    shape,
    short_bodies,
    signal,
    stars,
    three_bars,
    two_bars,
)
from worker.engine.stages.patterns.candles.catalogue import CANDLES

STATE = np.dtype([("shapes", shape.STATE), ("signal", signal.STATE)], align=True)
OUTPUT = np.dtype(
    [
        ("candle", "f8"),  # the signal, [-1, 1]
        ("trend_ctx", "f8"),
        ("candles", "i1", (len(CANDLES),)),  # TA-Lib's value of each pattern, in the order of the catalogue
    ]
)


@embedded
def update(own: Any, history: Any, average: float, out: Any) -> None:
    """Write every pattern's value at the current bar, 0 until its look-back is filled, and the signal."""
    shapes, found = own.shapes, out.candles
    shape.push(shapes, at(history, 0))
    for i in range(found.size):
        found[i] = 0
    doji.update(shapes, found)
    short_bodies.update(shapes, found)
    long_bodies.update(shapes, found)
    two_bars.update(shapes, found)
    stars.update(shapes, found)
    three_bars.update(shapes, found)
    continuation.update(shapes, found)
    signal.update(own.signal, history, average, out)
