"""Some rows of a batch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from worker.engine.stages.ingestion import Decoded


def rows_of(decoded: Decoded, rows: NDArray[np.int64]) -> Decoded:
    """Some of the decoded records."""
    at = rows.tolist()
    return Decoded(
        decoded.bars[rows],
        {n: decoded.symbols[row] for n, row in enumerate(at) if row in decoded.symbols},
        decoded.has_ts[rows],
        {n: decoded.details[row] for n, row in enumerate(at) if row in decoded.details},
    )
