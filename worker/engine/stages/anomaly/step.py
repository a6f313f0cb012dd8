"""The stage's step: measure the bar against those before it, then update the distribution by it."""

import math
from typing import Any

import numpy as np

from worker.engine.kernel import embedded
from worker.engine.stages.anomaly import cloud
from worker.engine.stages.anomaly.inputs import COUNT, gather

STATE = np.dtype([("cloud", cloud.STATE), ("whitened", "f8", (COUNT,))], align=True)
OUTPUT = np.dtype(
    [
        ("distance", "f8"),  # squared Mahalanobis distance, NaN = unknown
        ("anomaly", "?"),
    ],
    align=True,
)


@embedded
def step(state: Any, inst: Any, bar: Any, out: Any, p: Any) -> None:
    """Judge one accepted bar: write `state.anomaly` and `out.anomaly`, read `out.validation` and `out.features`.

    A bar with a value that is not ready is neither judged nor added.
    """
    result = out.anomaly
    result.distance = math.nan
    result.anomaly = False
    if not p.enabled:
        return
    own = state.anomaly
    if not gather(state, out, own.cloud.x):
        return
    if own.cloud.count >= p.min_bars:
        result.distance = cloud.distance(own.cloud, own.whitened)
        result.anomaly = result.distance > p.threshold
    cloud.advance(own.cloud)
