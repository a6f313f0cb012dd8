"""Exposure: sums of notionals, and their shares of the equity."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.engine.kernel import kernel
from worker.risk.figures.gram import Floats


class Exposure(NamedTuple):
    """Gross Σ|N| and net ΣN, in the portfolio's currency."""

    gross: float
    net: float

    def shares(self, equity: float) -> tuple[float, float]:
        """Return Σ|N|/E, which is the leverage, and |ΣN|/E; infinite where there is a notional but no equity."""
        return share(self.gross, equity), share(abs(self.net), equity)


@kernel
def _totals(out, notionals):  # type: ignore[no-untyped-def]
    for i in range(notionals.size):
        out[0] += abs(notionals[i])
        out[1] += notionals[i]


@kernel
def _by_label(out, notionals, labels):  # type: ignore[no-untyped-def]
    for i in range(notionals.size):
        if labels[i] >= 0:
            out[labels[i]] += abs(notionals[i])


def share(amount: float, equity: float) -> float:
    """Return amount/E; 0 for no amount, infinite for one without equity."""
    if amount == 0.0:
        return 0.0
    return amount / equity if equity > 0.0 else float("inf")


def exposure(notionals: Floats) -> Exposure:
    """Sum signed notionals N, (n,), in their order."""
    out = np.zeros(2)
    _totals(out, notionals)
    return Exposure(float(out[0]), float(out[1]))


def gross_of(notionals: Floats, labels: NDArray[np.int64], count: int) -> Floats:
    """Return Σ|N| by label 0 … count-1, (count,); a label of -1 belongs to none."""
    out = np.zeros(count)
    _by_label(out, notionals, labels)
    return out
