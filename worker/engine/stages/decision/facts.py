"""Reasons that are facts of the bar, independent of the position."""

from __future__ import annotations

from worker.engine.kernel import embedded
from worker.engine.scoring.model import OK
from worker.engine.stages.decision.bits import (
    ANOMALY,
    DATA_QUARANTINE,
    DRIFT,
    LEVEL_SHIFT,
    MODEL_FALLBACK,
    REFERENCE_EXPIRED,
    WARMUP,
    when,
)


@embedded
def facts(out):  # type: ignore[no-untyped-def]
    """Return the reasons from this bar's validation, fills and warm-up."""
    validation = out.validation
    return (
        out.execution.reasons
        | when(validation.quarantine, DATA_QUARANTINE)
        | when(validation.shift, LEVEL_SHIFT)
        | when(validation.expired, REFERENCE_EXPIRED)
        | when(not out.signal.ready, WARMUP)
        | when(out.model.status > OK, MODEL_FALLBACK)
        | when(out.anomaly.anomaly, ANOMALY)
        | when(out.learning.drift, DRIFT)
    )


@embedded
def direction(side, long_bit, short_bit):  # type: ignore[no-untyped-def]
    """Return the bit of a signal's side."""
    return long_bit if side > 0 else short_bit
