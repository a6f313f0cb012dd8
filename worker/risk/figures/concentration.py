"""Concentration: how few positions hold how much of the gross exposure (Herfindahl–Hirschman index)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from worker.risk.figures.gram import Floats
from worker.risk.figures.losses import total

TOP = 5


class Concentration(NamedTuple):
    """The index Σ(|N|/gross)², its inverse in positions of equal size, and the places of the largest positions."""

    hhi: float
    positions: float
    top: tuple[int, ...]


def concentration(notionals: Floats) -> Concentration:
    """Measure signed notionals (n,); all is 0 without any."""
    sizes = np.abs(notionals)
    gross = total(sizes)
    if not gross > 0.0:
        return Concentration(0.0, 0.0, ())
    shares = sizes / gross
    hhi = total(shares * shares)
    top = np.argsort(-sizes, kind="stable")[:TOP]  # equal ones in their order
    return Concentration(hhi, 1.0 / hhi, tuple(int(i) for i in top if sizes[i] > 0.0))
