"""Cost of scoring: from rows of features to probabilities, checks and calibration included."""

from __future__ import annotations

import statistics
import time

import numpy as np

from worker.models.registry import Loaded
from worker.models.session.canary import rows_of

BATCHES = (1, 16, 64, 256, 1_024, 4_096)
RUNS = 5


def timed(loaded: Loaded, seconds: float) -> dict[int, float]:
    """Measure CPU microseconds per row for each size of `BATCHES`: the median of runs that take `seconds` together."""
    canary = rows_of(loaded.manifest.canary.inputs).astype(np.float64)
    return {batch: _cost(loaded, np.resize(canary, (batch, canary.shape[1])), seconds / RUNS) for batch in BATCHES}


def _cost(loaded: Loaded, rows: np.ndarray[tuple[int, int], np.dtype[np.float64]], seconds: float) -> float:
    loaded.scorer.score(rows)
    costs = []
    for _ in range(RUNS):
        calls, begun, end = 0, time.process_time_ns(), time.perf_counter() + seconds
        while calls == 0 or time.perf_counter() < end:
            loaded.scorer.score(rows)
            calls += 1
        costs.append((time.process_time_ns() - begun) / 1e3 / calls / len(rows))
    return statistics.median(costs)
