"""Validation of one bar: the rules in their order of evaluation, then the verdict (domain §1)."""

from __future__ import annotations

import numpy as np

from worker.engine.kernel import embedded
from worker.engine.reasons import FATAL, QUARANTINE, Reject
from worker.engine.stages.validation import activity, candidates, price, reference, structure, timing, wick
from worker.engine.stages.validation.decided import note
from worker.engine.stages.validation.score import level, score

REFERENCE_EXPIRED = 1 << Reject.reference_expired
LEVEL_SHIFT_ACCEPTED = 1 << Reject.level_shift_accepted


@embedded
def _check_prices(own, bar, move, expired, p):  # type: ignore[no-untyped-def]
    # Rules 16 to 22 and 31; all but 16 need a reference that has not expired.
    if not reference.comparable(own, bar):
        return 0
    mask = wick.spike(bar, p)
    if mask or own.accepted == 0 or expired:
        return mask
    if own.sigma > 0:
        mask |= wick.check(bar, own.sigma)
    return mask | price.check(own, bar, move, p)


@embedded
def judge(own, decided, inst, bar, move, p, calendars):  # type: ignore[no-untyped-def]
    """Return (reject codes, missing bars before it) of a decoded bar: all rules but 30, up to the first fatal one.

    Update the run of late bars.
    """
    mask = structure.check(own, inst, bar, p)
    if mask & FATAL:
        return mask, 0
    closed = timing.close_time(inst, bar, calendars)
    mask |= timing.check(own, decided, inst, bar, closed, p, calendars)
    if mask & FATAL:
        return mask, 0
    mask |= _check_prices(own, bar, move, mask & REFERENCE_EXPIRED, p)
    if mask & FATAL:
        return mask, 0
    missing = timing.missing(own, inst, bar, calendars)
    return mask | activity.check(own, bar, p) | timing.gap(missing) | timing.stale(bar, closed, p), missing


@embedded
def _describe(own, result):  # type: ignore[no-untyped-def]
    # The bar's references, and the output of a rejected bar.
    result.reference = own.last.close if own.accepted > 0 else np.nan
    result.sigma_ref = own.sigma if own.sigma > 0 else np.nan
    result.quarantine = own.pending > 0
    result.score = 0.0
    result.level = 0
    result.move = np.nan
    result.high = np.nan
    result.low = np.nan
    result.missing = 0
    result.accepted = False
    result.shift = False
    result.expired = False


@embedded
def _accept(own, decided, bar, mask, missing, result, p):  # type: ignore[no-untyped-def]
    result.high, result.low = wick.effective(mask, bar, own.sigma)
    result.missing = missing
    result.accepted = True
    result.shift = mask & LEVEL_SHIFT_ACCEPTED != 0
    result.expired = mask & REFERENCE_EXPIRED != 0
    reference.accept(own, bar, result.move, not (result.shift or result.expired), p)
    note(decided, bar.ts, result.expired)
    result.score = score(mask, own.stuck)
    result.level = level(result.score)


@embedded
def step(state, carry, inst, bar, out, p):  # type: ignore[no-untyped-def]
    """Judge `bar` against `state.validation` and `carry.decided`, write `out.validation`.

    A rejected bar changes only the candidate list and the run of late bars.
    """
    own, decided, result = state.validation, carry.decided, out.validation
    _describe(own, result)
    mask = np.int64(bar.mask)
    if mask == 0:
        result.move = reference.move(own, bar)
        mask, missing = judge(own, decided, inst, bar, result.move, p.limits, p.calendars)
        if mask & QUARANTINE and candidates.confirm(own, bar, p.limits):
            mask = mask & ~QUARANTINE | LEVEL_SHIFT_ACCEPTED
        if not mask & (FATAL | QUARANTINE):
            _accept(own, decided, bar, mask, missing, result, p.limits)
    result.mask = mask
    result.pending = own.pending
