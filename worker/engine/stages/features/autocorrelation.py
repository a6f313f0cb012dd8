"""F29: autocorrelation of 60 log returns at lag 1."""

from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import ratio
from worker.engine.stages.features.parts import NO_STATE, Feature
from worker.engine.stages.features.return_window import ReturnWindow

STATE = NO_STATE
FEATURES = (
    Feature(
        "F29",
        "acf1_60",
        61,
        "Σ (r_t-μ)(r_{t-1}-μ) / Σ (r-μ)² of 60 log returns; 0 where they are equal",
        "statsmodels acf",
    ),
)


@embedded
def update(returns: ReturnWindow, out: Any) -> None:
    """Write the biased (divisor n) sample autocorrelation."""
    out.acf1_60 = ratio(returns.neighbours, returns.squares, 0.0)
