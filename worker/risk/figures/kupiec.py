"""Does the value at risk tell the truth? Proportion of failures (Kupiec, Journal of Derivatives 3, 1995)."""

from __future__ import annotations

import math

from worker.risk.figures.losses import TAIL

DAYS = 250
REFUSED = 3.841  # χ² of one degree of freedom at 95%


def likelihood_ratio(days: int, exceedances: int) -> float:
    """Return -2[(T-x)·ln((1-p)/(1-x/T)) + x·ln(p/(x/T))] with p = 1%, T `days` and x `exceedances` (0 ≤ x ≤ T)."""
    kept = days - exceedances
    ratio = 0.0
    if kept > 0:
        ratio += kept * math.log((1.0 - TAIL) / (kept / days))
    if exceedances > 0:
        ratio += exceedances * math.log(TAIL / (exceedances / days))
    return max(-2.0 * ratio, 0.0)
