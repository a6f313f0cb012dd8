"""A stage: one more column from the features of each bar."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.float64]


class Pressure:
    """Where the close lies in its range, weighted by how unusual the volume is. NaN until both are known."""

    name = "pressure"
    inputs = ("clv", "vol_z_20")
    outputs = ("pressure",)

    def run(self, features: Mapping[str, Column]) -> Mapping[str, Column]:
        """`pressure` in -3 to 3."""
        weight = np.clip(features["vol_z_20"], 0.0, 3.0)
        return {"pressure": features["clv"] * weight}
