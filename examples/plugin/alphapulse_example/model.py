"""A model in Python: the further the close is from its Bollinger band's middle, the likelier the way back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from worker.models.card import Card

Floats32 = NDArray[np.float32]


class MeanReversion:
    """Two features to one probability of a rise.

    Only +, -, * and clip, each on its own: so that a row's bits depend on that row alone, on every machine.
    """

    card = Card("mean-reversion", "1.0.0", ("bb_pctb_20", "rsi_14"), horizon=12)
    canary: Floats32 | None = np.array([[0.5, 50.0], [0.0, 25.0], [1.1, 80.0], [0.9, 60.0]], np.float32)

    def run(self, rows: Floats32) -> Floats32:
        """(n, 2) to (n, 1)."""
        band = np.float32(0.5) - np.clip(rows[:, 0], np.float32(0.0), np.float32(1.0))
        strength = (np.float32(50.0) - rows[:, 1]) * np.float32(0.01)
        moved = band + strength
        p = np.float32(0.5) + moved * np.float32(0.2)
        return np.clip(p, np.float32(0.3), np.float32(0.7))[:, None]
