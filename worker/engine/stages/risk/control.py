"""The limits in force for a symbol, and whether they are too old to open on."""

from __future__ import annotations

import math
from typing import NamedTuple

from worker.engine.kernel import kernel


class Control(NamedTuple):
    """One control record as the kernel gets it (domain §8.4); `version` 0 = none, the static limits hold."""

    version: int
    ts: int  # of the record, epoch ms UTC
    risk_mult: float  # 0..1
    max_notional: float  # quote currency
    allow_open: bool
    kill: bool  # close all


@kernel
def stale(control, ingest_ts, interval_ms, max_age_ms, max_intervals):  # type: ignore[no-untyped-def]
    """The monitor has been silent for longer than max(10 minutes, 3 intervals) of ingest time (decisions 17)."""
    allowed = max(max_age_ms, max_intervals * interval_ms)
    return control.version > 0 and ingest_ts - control.ts > allowed


@kernel
def multiplier_of(control):  # type: ignore[no-untyped-def]
    """g_ctl in [0, 1]; what is not a number allows nothing."""
    if math.isnan(control.risk_mult):
        return 0.0
    return min(max(control.risk_mult, 0.0), 1.0)
