"""F28: variance ratio of four-bar to one-bar log returns over 60 of them, and its z (Lo and MacKinlay 1988)."""

import math
from typing import Any

from worker.engine.kernel import embedded
from worker.engine.stages.features.arithmetic import finite
from worker.engine.stages.features.parts import NO_STATE, Feature
from worker.engine.stages.features.return_window import PERIOD, ReturnWindow

STATE = NO_STATE
FEATURES = (
    Feature(
        "F28",
        "vr_4_60",
        61,
        "[Σ(Σ_4 r - 4μ)²/m] / [Σ(r-μ)²/(n-1)], n = 60, m = 4(n-3)(1-4/n); 1 where the returns are equal",
        "Lo and MacKinlay 1988",
    ),
    Feature(
        "F28",
        "vr_z",
        61,
        "√n·(VR-1)/√θ, θ = Σ_{k=1..3} ((4-k)/2)²·n·Σ a_t²·a_{t-k}² / (Σ a²)², a = r-μ; 0 where θ is 0",
        "Lo and MacKinlay 1988",
    ),
)
N = float(PERIOD)
LAGS = 4
# Unbiased divisor of the sum over overlapping four-bar returns.
OVERLAPPING = LAGS * (N - LAGS + 1.0) * (1.0 - LAGS / N)


@embedded
def update(returns: ReturnWindow, out: Any) -> None:
    """Write the ratio and its z: overlapping, debiased, with the heteroscedasticity-robust variance."""
    squares = returns.squares
    if squares == 0.0:
        out.vr_4_60 = 1.0
        out.vr_z = 0.0
        return
    excess = (returns.fours / OVERLAPPING) / (squares / (N - 1.0)) - 1.0
    theta = N * returns.clusters / (squares * squares)
    out.vr_4_60 = finite(excess + 1.0)
    out.vr_z = 0.0 if theta == 0.0 else finite(math.sqrt(N) * excess / math.sqrt(theta))
