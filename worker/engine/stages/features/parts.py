"""The declaration of an indicator: its part of the state and the features that it writes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

NO_STATE = np.dtype([])


class Feature(NamedTuple):
    """One float64 of the published vector."""

    id: str  # of the definition in the reference table, which orders the vector
    name: str
    warmup: int  # accepted bars until the value is no longer NaN
    formula: str
    source: str  # of the definition


def state(*names: str) -> np.dtype[np.void]:
    """Return a record of float64 fields that an indicator keeps per symbol."""
    return np.dtype([(name, "f8") for name in names], align=True)
