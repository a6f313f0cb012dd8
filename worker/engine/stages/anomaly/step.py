"""The stage's step: judge the bar by the cloud of those before it, then take it in."""

import math
from typing import Any

import numpy as np

from worker.engine.kernel import embedded
from worker.engine.stages.anomaly import cloud
from worker.engine.stages.anomaly.inputs import COUNT, gather

STATE = np.dtype([("cloud", cloud.STATE), ("whitened", "f8", (COUNT,))], align=True)
OUTPUT = np.dtype(
    [
        ("distance", "f8"),  # squared Mahalanobis distance, NaN while it is not known
        ("anomaly", "?"),
    ],
    align=True,
)


@embedded
def step(state: Any, inst: Any, bar: Any, out: Any, p: Any) -> None:
    """Judge one accepted bar: writes `state.anomaly` and `out.anomaly`, reads `out.validation` and `out.features`.

    A bar with a value that is not ready is neither judged nor taken in.
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
