"""Rules 9 to 11: the bar's place after what has come before it."""

from __future__ import annotations

from worker.engine.kernel import embedded
from worker.engine.reasons import Reject

OUT_OF_ORDER = 1 << Reject.out_of_order
DUPLICATE_BAR = 1 << Reject.duplicate_bar
CONFLICTING_DUPLICATE = 1 << Reject.conflicting_duplicate
REFERENCE_EXPIRED = 1 << Reject.reference_expired

LATE_RUN = 3  # late bars in a row, in ascending order, that convict a reference from the future


@embedded
def _equal(bar, known):  # type: ignore[no-untyped-def]
    same_body = bar.open == known.open and bar.close == known.close
    return same_body and bar.high == known.high and bar.low == known.low and bar.volume == known.volume


@embedded
def _newest(own):  # type: ignore[no-untyped-def]
    return own.candidates[own.pending - 1].ts if own.pending > 0 else own.last.ts


@embedded
def _late(own, bar, newest, now):  # type: ignore[no-untyped-def]
    # Rule 9. One late bar proves nothing, since in a file every late bar finds the reference in its future; a run of
    # bars that agree on the order of time does: then the reference is the bad one (time_reference_reset).
    own.late = own.late + 1 if own.late > 0 and bar.ts > own.late_ts else 1
    own.late_ts = bar.ts
    if own.late >= LATE_RUN and newest + bar.interval_ms > now:
        return REFERENCE_EXPIRED
    return OUT_OF_ORDER


@embedded
def check(own, bar, now):  # type: ignore[no-untyped-def]
    """Rules 9, 10, 11 against the last accepted and the last quarantined bar; bit 15 where a late run resets time.

    `now` = the record's timestamp plus the clock tolerance, ms. Keeps the run of late bars.
    """
    if own.accepted == 0:
        return 0
    newest = _newest(own)
    if bar.ts < newest:
        return _late(own, bar, newest, now)
    own.late = 0
    if bar.ts > newest:
        return 0
    same = _equal(bar, own.candidates[own.pending - 1]) if own.pending > 0 else _equal(bar, own.last)
    return DUPLICATE_BAR if same else CONFLICTING_DUPLICATE
