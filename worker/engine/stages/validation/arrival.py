"""Rules 9 to 11: the bar's time relative to the bars before it."""

from __future__ import annotations

from worker.engine.kernel import embedded
from worker.engine.reasons import Reject
from worker.engine.stages.validation.decided import may_decide, start

OUT_OF_ORDER = 1 << Reject.out_of_order
DUPLICATE_BAR = 1 << Reject.duplicate_bar
CONFLICTING_DUPLICATE = 1 << Reject.conflicting_duplicate
REFERENCE_EXPIRED = 1 << Reject.reference_expired

LATE_RUN = 3  # late bars in a row, in ascending order, that disprove a reference from the future


@embedded
def _equal(bar, known):  # type: ignore[no-untyped-def]
    same_body = bar.open == known.open and bar.close == known.close
    return same_body and bar.high == known.high and bar.low == known.low and bar.volume == known.volume


@embedded
def late(own, decided, bar):  # type: ignore[no-untyped-def]
    """Apply rule 9 to a bar behind the newest: out of order, whatever its record's timestamp.

    Where time has jumped, or only a quarantined bar is newer, one late bar proves nothing, but a run in ascending order
    does: the third re-opens time (bit 15). Their times must be undecided; any other late bar ends the run.
    """
    if not may_decide(decided, bar.ts):
        own.late = 0
        return OUT_OF_ORDER
    own.late = own.late + 1 if own.late > 0 and bar.ts > own.late_ts else 1
    own.late_ts = bar.ts
    return REFERENCE_EXPIRED if own.late >= LATE_RUN else OUT_OF_ORDER


@embedded
def _again(own, bar):  # type: ignore[no-untyped-def]
    # Rules 10 and 11 for a bar of the newest time.
    known = own.candidates[own.pending - 1] if own.pending > 0 else own.last
    if known.ts != bar.ts:  # its values were cleared with the derived part of the state
        return OUT_OF_ORDER
    return DUPLICATE_BAR if _equal(bar, known) else CONFLICTING_DUPLICATE


@embedded
def check(own, decided, bar):  # type: ignore[no-untyped-def]
    """Apply rules 9 to 11 against the last decided and the last quarantined bar; bit 15 where a late run re-opens time.

    Update the run of late bars.
    """
    if decided.known == 0:
        if own.accepted == 0:
            return 0
        start(decided, own.last.ts)
    newest = own.candidates[own.pending - 1].ts if own.pending > 0 else decided.last
    if bar.ts < newest:
        return late(own, decided, bar)
    own.late = 0
    if bar.ts == newest:
        return _again(own, bar)
    return 0 if may_decide(decided, bar.ts) else OUT_OF_ORDER
