"""F27: skewness and excess kurtosis of 60 log returns, bias-corrected."""

import math
from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import finite
from worker.engine.stages.features.parts import NO_STATE, Feature
from worker.engine.stages.features.return_window import PERIOD, ReturnWindow

STATE = NO_STATE
FEATURES = (
    Feature(
        "F27",
        "skew_60",
        61,
        "G1 = √(n(n-1))/(n-2)·m3/m2^1.5 of n = 60 log returns; 0 where they are equal",
        "Joanes and Gill 1998; pandas skew",
    ),
    Feature(
        "F27",
        "kurt_60",
        61,
        "G2 = (n-1)/((n-2)(n-3))·((n+1)·m4/m2² - 3(n-1)); 0 where they are equal",
        "Joanes and Gill 1998; pandas kurt",
    ),
)
N = float(PERIOD)
SKEW = math.sqrt(N * (N - 1.0)) / (N - 2.0)
KURT = (N - 1.0) / ((N - 2.0) * (N - 3.0))


@embedded
def update(returns: ReturnWindow, out: Any) -> None:
    """Write G1 and G2 of the returns in the window."""
    if returns.squares == 0.0:
        out.skew_60 = out.kurt_60 = 0.0
        return
    m2 = returns.squares / N
    out.skew_60 = finite(SKEW * (returns.cubes / N) / (m2 * math.sqrt(m2)))
    out.kurt_60 = finite(KURT * ((N + 1.0) * (returns.fourths / N) / (m2 * m2) - 3.0 * (N - 1.0)))
