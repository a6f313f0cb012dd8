"""Volatility axis: percent rank of Yang-Zhang volatility among its previous 250 values, with hysteresis."""

import math
from typing import Any

import numpy as np

from worker.engine.kernel import embedded
from worker.engine.stages.regime.codes import VOL_HIGH, VOL_LOW, VOL_NORMAL, VOL_UNKNOWN
from worker.engine.windows.sorted_window import below, median, slide, sorted_window

WINDOW = 250
READY = 100

STATE = np.dtype(
    [
        ("arrival", "f8", (WINDOW,)),  # the values in order of arrival
        ("stored", "i8"),  # total of values stored
        ("sorted", sorted_window(WINDOW)),
        ("bucket", "i8"),
    ],
    align=True,
)


@embedded
def ready(own: Any) -> bool:
    """Return whether at least 100 previous values are known."""
    count: int = own.sorted.count
    return count >= READY


@embedded
def typical(own: Any) -> float:
    """Return the median of the previous values; NaN until ready."""
    return median(own.sorted) if ready(own) else math.nan


@embedded
def classify(own: Any, volatility: float, p: Any) -> None:
    """Classify `volatility` among the previous values; call it before `store`."""
    if not ready(own) or math.isnan(volatility):
        own.bucket = VOL_UNKNOWN
        return
    rank = below(own.sorted, volatility) / own.sorted.count
    if rank >= p.high_enter or (own.bucket == VOL_HIGH and rank >= p.high_exit):
        own.bucket = VOL_HIGH
    elif rank <= p.low_enter or (own.bucket == VOL_LOW and rank <= p.low_exit):
        own.bucket = VOL_LOW
    else:
        own.bucket = VOL_NORMAL


@embedded
def store(own: Any, volatility: float) -> None:
    """Add the current value to the window; skip NaN."""
    if math.isnan(volatility):
        return
    slot = own.stored % WINDOW
    slide(own.sorted, own.arrival[slot] if own.stored >= WINDOW else math.nan, volatility)
    own.arrival[slot] = volatility
    own.stored += 1
