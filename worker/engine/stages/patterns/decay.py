"""Tables of exponential decay, correctly rounded at import: kernels call no power function."""

from __future__ import annotations

from decimal import Decimal, localcontext

import numpy as np
from numpy.typing import NDArray


def half_life(bars: int, length: int) -> NDArray[np.float64]:
    """Return 0.5^(age/bars) for age = 0..length-1."""
    with localcontext(prec=40):
        return np.array([float(Decimal("0.5") ** (Decimal(age) / bars)) for age in range(length)])
