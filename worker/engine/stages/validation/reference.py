"""The reference for the next bar after an accepted one: its price and sigma_ref."""

from __future__ import annotations

import numpy as np

from worker.engine.elementary import log
from worker.engine.kernel import embedded
from worker.engine.stages.validation import activity
from worker.engine.stages.validation.candidates import remember
from worker.engine.stages.validation.structure import all_positive
from worker.engine.windows import ring, running_sum, sorted_window
from worker.engine.windows.moments import block

MIN_RETURNS = 20
MAD_TO_SIGMA = 1.4826  # of a normal distribution
MEAN_TO_SIGMA = 1.2533  # mean |r| to sigma, of a normal distribution: sqrt(pi / 2)
FLOOR = 1e-4


@embedded
def comparable(own, bar):  # type: ignore[no-untyped-def]
    """Return whether the logarithms of this bar against the reference, if any, exist."""
    return all_positive(bar) and (own.accepted == 0 or own.last.close > 0)


@embedded
def move(own, bar):  # type: ignore[no-untyped-def]
    """Return ln(close / reference); NaN without a reference, or where either is not positive."""
    known = own.accepted > 0 and own.last.close > 0 and bar.close > 0
    return log(bar.close / own.last.close) if known else np.nan


@embedded
def _sigma(own):  # type: ignore[no-untyped-def]
    # The mean |r| keeps sigma positive where more than half of the bars are unchanged and the MAD is 0.
    n = ring.size(own.returns)
    if n < MIN_RETURNS:
        return 0.0
    centre = sorted_window.median(own.sorted_returns)
    robust = MAD_TO_SIGMA * sorted_window.mad(own.sorted_returns, centre)
    return max(robust, MEAN_TO_SIGMA * (own.absolute_returns.total / n), FLOOR)


@embedded
def _keep_return(own, value):  # type: ignore[no-untyped-def]
    if np.isfinite(value):
        leaving = running_sum.slide(own.absolute_returns, own.returns, value)
        sorted_window.slide(own.sorted_returns, leaving, value)


@embedded
def accept(own, bar, change, continues, p):  # type: ignore[no-untyped-def]
    """Make the bar the reference. `continues`: its price follows from the reference (no shift, no expiry).

    `change` = `move` of the bar.
    """
    if own.accepted > 0 and continues and comparable(own, bar):
        _keep_return(own, change)
    activity.keep_volume(own, bar.volume, p)
    own.stuck = activity.stuck_run(own, bar)
    now = block(bar.ts, bar.interval_ms, own.block)
    if now != own.block:
        running_sum.rebuild(own.absolute_returns, own.returns)
        running_sum.rebuild(own.volume_sum, own.volumes)
        own.block = now
    own.sigma = _sigma(own)
    own.accepted += 1
    own.interval_ms = bar.interval_ms
    own.pending = 0
    own.late = 0
    remember(own.last, bar)
