"""The model of some symbols' returns: covariance, correlation, shrinkage, and who is left out of it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.risk.figures.covariance import correlation, weighted
from worker.risk.figures.gram import Floats, gram
from worker.risk.figures.shrinkage import WINDOW, intensity, shrunk, standardised


class Model(NamedTuple):
    """Of the p modelled symbols among n."""

    modelled: NDArray[np.int64]  # their places, (p,)
    returns: Floats  # (rows, p), oldest first
    covariance: Floats  # of one return, shrunk, (p, p)
    correlation: Floats  # not shrunk, (p, p)
    delta: float  # intensity of the shrinkage


def model(returns: Floats, enough: NDArray[np.bool_], decay: float) -> Model:
    """Model returns (rows, n), oldest first; a symbol without `enough` of them, or that never moved, is left out."""
    places = np.flatnonzero(enough)
    # A covariance of zero rows has no meaning, and no symbol has enough of them.
    moved = (returns[:, places] != 0.0).any(axis=0) if len(returns) else np.zeros(places.size, np.bool_)
    places = places[moved]
    mine = np.ascontiguousarray(returns[:, places])
    if not places.size:
        nothing = np.zeros((0, 0))
        return Model(places, mine, nothing, nothing, 0.0)
    raw = gram(weighted(mine, decay))
    rows = standardised(mine[-WINDOW:])
    delta = intensity(rows, gram(rows))
    return Model(places, mine, shrunk(raw, delta), correlation(raw), delta)
