"""Rules 18 to 22: the bar's prices against the reference and the candidate level."""

from __future__ import annotations

import numpy as np

from worker.engine.elementary import log
from worker.engine.kernel import embedded
from worker.engine.reasons import Reject

OPEN_OUTLIER = 1 << Reject.open_outlier
PRICE_CHANGE_EXCEEDED = 1 << Reject.price_change_exceeded
SPLIT_SUSPECTED = 1 << Reject.split_suspected
CANDIDATE_LEVEL = 1 << Reject.candidate_level
PRICE_SPIKE = 1 << Reject.price_spike

SPIKE_SIGMAS = 10.0
SPLIT_OPEN, SPLIT_CLOSE = 0.6, 0.54  # least |ln| move of open and close
SPLIT_TOLERANCE = 0.06  # of the opening move from ln k
SPLIT_RATIOS = (1.5, 2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 25, 30, 50, 100)
# Their natural logarithms as literals: the machine's libm must not decide a rule.
SPLIT_LOGS = np.array(
    [
        0.4054651081081644,
        0.6931471805599453,
        1.0986122886681098,
        1.3862943611198906,
        1.6094379124341003,
        1.791759469228055,
        1.9459101490553132,
        2.0794415416798357,
        2.302585092994046,
        2.70805020110221,
        2.995732273553991,
        3.2188758248682006,
        3.4011973816621555,
        3.912023005428146,
        4.605170185988092,
    ]
)


@embedded
def _near_split(move):  # type: ignore[no-untyped-def]
    distance = np.inf
    for ratio in SPLIT_LOGS:
        distance = min(distance, abs(abs(move) - ratio))
    return distance <= SPLIT_TOLERANCE


@embedded
def nearer_candidate(own, bar):  # type: ignore[no-untyped-def]
    """Return the condition of rule 21: the close is nearer to the last quarantined close than to the reference."""
    if own.pending == 0:
        return False
    return abs(log(bar.close / own.candidates[own.pending - 1].close)) < abs(log(bar.close / own.last.close))


@embedded
def _split(bar, reference, move, sigma):  # type: ignore[no-untyped-def]
    # Rule 20; `move` = ln(close / reference).
    if not abs(move) > SPLIT_CLOSE:
        return False
    opening = log(bar.open / reference)
    return abs(opening) > SPLIT_OPEN and abs(opening) > SPIKE_SIGMAS * sigma and _near_split(opening)


@embedded
def _open_outlier(bar, reference, move, p):  # type: ignore[no-untyped-def]
    # Rule 18 without its last condition: only the open is wrong.
    if not abs(bar.open / reference - 1.0) > p.max_price_change:
        return False
    return abs(bar.close / reference - 1.0) <= p.max_price_change and abs(move) < abs(log(bar.open / bar.close))


@embedded
def check(own, bar, move, p):  # type: ignore[no-untyped-def]
    """Apply rules 18 to 22 against the reference; those in units of sigma_ref only where it is defined.

    `move` = ln(close / reference).
    """
    reference, sigma = own.last.close, own.sigma
    candidate = nearer_candidate(own, bar)
    if not candidate and _open_outlier(bar, reference, move, p):
        return OPEN_OUTLIER
    mask = 0
    if abs(bar.close / reference - 1.0) > p.max_price_change:
        mask |= PRICE_CHANGE_EXCEEDED
    if sigma > 0 and _split(bar, reference, move, sigma):
        mask |= SPLIT_SUSPECTED
    if candidate:
        mask |= CANDIDATE_LEVEL
    if not mask and sigma > 0 and abs(move) > SPIKE_SIGMAS * sigma:
        mask |= PRICE_SPIKE
    return mask
