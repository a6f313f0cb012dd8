"""The decided times of a symbol, so that no time is decided twice (decisions 2, accidents A3).

Time runs forward: a bar newer than every decided one may be decided. Where time jumped (an expired reference), the
skipped times are kept as a gap: nothing in it was decided, and a run of late bars may re-open time there.

The record holds `top`, the newest decided time, and up to `GAPS` open intervals below it. Every decided time is at most
`top` and in no gap, and the gaps do not overlap:

- a bar above `top` moves `top`; after a jump the times between become a gap;
- a bar in a gap moves the gap's start; after a jump the times before it stay a gap of their own;
- no other bar is decided.

With too many gaps, the narrowest is closed: nothing in it can be decided any more, which is always safe.
"""

from __future__ import annotations

import numpy as np

from worker.engine.kernel import embedded

GAPS = 4
NOWHERE = -1
NEVER = np.int64(2**62)  # ms

GAP = np.dtype([("after", "i8"), ("before", "i8")], align=True)  # exclusive bounds, ms; equal bounds = no gap

DECIDED = np.dtype(
    [
        ("known", "i8"),  # 1 once a bar was decided, 0 = no decided time
        ("last", "i8"),  # time of the bar decided last, ms: the symbol's current time
        ("top", "i8"),  # newest decided time, ms
        ("gaps", GAP, (GAPS,)),
    ],
    align=True,
)


@embedded
def _gap_of(decided, ts):  # type: ignore[no-untyped-def]
    for i in range(GAPS):
        if decided.gaps[i].after < ts and ts < decided.gaps[i].before:
            return i
    return NOWHERE


@embedded
def may_decide(decided, ts):  # type: ignore[no-untyped-def]
    """Return whether a bar of this time may be decided: none was so far."""
    return ts > decided.top or _gap_of(decided, ts) != NOWHERE


@embedded
def nearest(decided, ts):  # type: ignore[no-untyped-def]
    """Return (the newest decided time before, the oldest after) a time that `may_decide`; NEVER is after `top`."""
    if ts > decided.top:
        return decided.top, NEVER
    here = _gap_of(decided, ts)
    return decided.gaps[here].after, decided.gaps[here].before


@embedded
def _keep(decided, after, before, spared):  # type: ignore[no-untyped-def]
    # An empty slot is the narrowest of all. The gap with the current time is spared: the next bars lie in it.
    chosen, width = NOWHERE, np.int64(0)
    for i in range(GAPS):
        wide = decided.gaps[i].before - decided.gaps[i].after
        if i != spared and (chosen == NOWHERE or wide < width):
            chosen, width = i, wide
    decided.gaps[chosen].after = after
    decided.gaps[chosen].before = before


@embedded
def start(decided, ts):  # type: ignore[no-untyped-def]
    """Set the first decided time, or the newest where a release kept no other."""
    decided.known = 1
    decided.last = ts
    decided.top = ts


@embedded
def note(decided, ts, jumped):  # type: ignore[no-untyped-def]
    """Note this time, which `may_decide`, as decided. `jumped`: the reference had expired, so time has jumped."""
    if decided.known == 0:
        start(decided, ts)
        return
    decided.last = ts
    if ts > decided.top:
        if jumped:
            _keep(decided, decided.top, ts, NOWHERE)
        decided.top = ts
        return
    here = _gap_of(decided, ts)
    if jumped:
        _keep(decided, decided.gaps[here].after, ts, here)
    decided.gaps[here].after = ts
