"""What an indicator declares: its part of the state and its part of the output."""

from __future__ import annotations

import numpy as np

NO_STATE = np.dtype([])


def state(*names: str) -> np.dtype[np.void]:
    """A record of float64 fields that an indicator remembers of one symbol."""
    return np.dtype([(name, "f8") for name in names], align=True)


def output(*names: str) -> np.dtype[np.void]:
    """A record of float64 fields that an indicator says about one bar; NaN until warm."""
    return np.dtype([(name, "f8") for name in names], align=True)
