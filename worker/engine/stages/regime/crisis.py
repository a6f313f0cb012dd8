"""Crisis override: volatility far above its median, or a fall far beyond what the volatility explains."""

import math
from typing import Any

import numpy as np

from worker.engine.elementary import exp
from worker.engine.kernel import embedded

STATE = np.dtype([("active", "i8"), ("quiet", "i8")], align=True)
HORIZON = math.sqrt(20.0)  # of the 20-bar high, in standard deviations of one bar


@embedded
def condition(close: float, typical: float, features: Any, p: Any) -> bool:
    """Return whether vol_yz_20 > 3·median, or close <= 20-bar high·exp(-3·rv_cc_20·√20); a NaN makes its half false."""
    if features.vol_yz_20 > p.crisis_volatility * typical:
        return True
    floor: float = features.don_hi * exp(-p.crisis_drawdown * features.rv_cc_20 * HORIZON)
    return close <= floor


@embedded
def update(own: Any, now: bool, p: Any) -> None:
    """Enter at once; leave after `crisis_exit_bars` bars without the condition."""
    if now:
        own.active = 1
        own.quiet = 0
    elif own.active:
        own.quiet += 1
        if own.quiet >= p.crisis_exit_bars:
            own.active = 0
