"""Normalization's state per symbol and its output per bar."""

from __future__ import annotations

import numpy as np

from worker.engine.history import CAPACITY
from worker.engine.windows.moments import MOMENTS
from worker.engine.windows.sorted_window import sorted_window

# One window; its values in order of arrival are in the shared history.
WINDOW = np.dtype(
    [
        ("newest", "f8"),  # the last value added
        ("run", "i8"),  # number of equal values at the end of the series: the window's length = constant
        ("moments", MOMENTS),
        ("sorted", sorted_window(CAPACITY)),  # maintained for minmax and robust only
    ],
    align=True,
)

STATE = np.dtype(
    [
        ("block", "i8"),  # 64-interval block of time of the newest bar
        ("close", WINDOW),
        ("volume", WINDOW),
    ],
    align=True,
)

OUTPUT = np.dtype(
    [
        ("open", "f8"),  # dimensionless, NaN = not ready
        ("high", "f8"),
        ("low", "f8"),
        ("close", "f8"),
        ("volume", "f8"),
        ("ready", "?"),
        ("degenerate", "?"),  # norm_degenerate of the prices: no scale (0 is output), or robust used sigma instead
        ("volume_degenerate", "?"),  # norm_degenerate of the volume
    ],
    align=True,
)
