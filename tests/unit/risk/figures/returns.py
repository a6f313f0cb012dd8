"""Returns that figures are tested on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

EXPECTED = Path(__file__).parent / "skfolio.json"  # covariances, by `python -m tests.bench.risk.expected`
SIZES = [(70, 3), (256, 12), (512, 40)]  # returns, symbols


def market(count: int, symbols: int, seed: int = 7) -> NDArray[np.float64]:
    """Returns with a common factor and fat tails, (count, symbols): some pairs are close, some are not."""
    rng = np.random.default_rng([seed, count, symbols])
    factor = rng.standard_t(4, (count, 1)) * 0.01
    own = rng.standard_t(5, (count, symbols)) * 0.01 * rng.uniform(0.05, 2.0, symbols)
    return np.asarray(factor * rng.uniform(-1.0, 1.5, symbols) + own)
