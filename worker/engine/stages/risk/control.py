"""The limits in force for a record, and whether they are too old to open on."""

from __future__ import annotations

import math

import numpy as np

from worker.engine.kernel import embedded

# One row combines the control records of a symbol and of all symbols (domain §8.4).
LIMITS = np.dtype(
    [
        ("version", "i8"),  # of the symbol's record; 0 = none
        ("all_version", "i8"),  # of the record for all symbols; 0 = none
        ("ts", "i8"),  # of the older record, epoch ms UTC
        ("risk_mult", "f8"),  # 0..1
        ("max_notional", "f8"),  # quote currency
        ("allow_open", "?"),
        ("kill", "?"),  # close all
    ],
    align=True,
)


@embedded
def stale(limits, ingest_ts, interval_ms, max_age_ms, max_intervals):  # type: ignore[no-untyped-def]
    """Return whether the monitor was silent for over max(10 minutes, 3 intervals) of ingest time (decisions 17)."""
    allowed = max(max_age_ms, max_intervals * interval_ms)
    return (limits.version > 0 or limits.all_version > 0) and ingest_ts - limits.ts > allowed


@embedded
def multiplier_of(limits):  # type: ignore[no-untyped-def]
    """Return g_ctl in [0, 1]; NaN allows nothing."""
    if math.isnan(limits.risk_mult):
        return 0.0
    return min(max(limits.risk_mult, 0.0), 1.0)
