"""Rules 16, 17 and 31: the reach of high and low beyond the body."""

from __future__ import annotations

from worker.engine.elementary import exp, log
from worker.engine.kernel import embedded
from worker.engine.reasons import Reject

WICK_SPIKE = 1 << Reject.wick_spike
WICK_CLIPPED = 1 << Reject.wick_clipped
WICK_SUSPECT = 1 << Reject.wick_suspect

CLIPPED_SIGMAS, CLIPPED_WICK = 20.0, 0.10
SUSPECT_SIGMAS, SUSPECT_WICK = 10.0, 0.05
KEPT_SIGMAS = 10.0  # length of a clipped wick


@embedded
def spike(bar, p):  # type: ignore[no-untyped-def]
    """Apply rule 16: a wick beyond the largest change of price."""
    above = bar.high / max(bar.open, bar.close) - 1.0
    below = 1.0 - bar.low / min(bar.open, bar.close)
    return WICK_SPIKE if above > p.max_price_change or below > p.max_price_change else 0


@embedded
def check(bar, sigma):  # type: ignore[no-untyped-def]
    """Apply rules 17 and 31 for a defined sigma_ref: W is the longer wick in log terms."""
    reach = max(bar.high / max(bar.open, bar.close), min(bar.open, bar.close) / bar.low)
    if reach - 1.0 <= SUSPECT_WICK:  # ln x <= x - 1 saves the logarithm of nearly every bar
        return 0
    wick = log(reach)
    if wick > CLIPPED_SIGMAS * sigma and wick > CLIPPED_WICK:
        return WICK_CLIPPED
    if wick > SUSPECT_SIGMAS * sigma and wick > SUSPECT_WICK:
        return WICK_SUSPECT
    return 0


@embedded
def effective(mask, bar, sigma):  # type: ignore[no-untyped-def]
    """Return the (high, low) of all consumers: never within the body, clipped by rule 17."""
    top, bottom = max(bar.open, bar.close), min(bar.open, bar.close)
    high, low = max(bar.high, top), min(bar.low, bottom)
    if not mask & WICK_CLIPPED:
        return high, low
    return min(high, top * exp(KEPT_SIGMAS * sigma)), max(low, bottom * exp(-KEPT_SIGMAS * sigma))
