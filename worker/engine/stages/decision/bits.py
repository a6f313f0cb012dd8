"""Decision reasons as bits of a mask, in order of evaluation."""

from __future__ import annotations

from worker.engine.kernel import embedded
from worker.engine.reasons import Reason

SIGNAL_LONG = 1 << Reason.signal_long
SIGNAL_SHORT = 1 << Reason.signal_short
SIGNAL_WEAK = 1 << Reason.signal_weak
HYSTERESIS_HOLD = 1 << Reason.hysteresis_hold
TRAILING_STOP = 1 << Reason.trailing_stop
MAX_HOLDING = 1 << Reason.max_holding
REGIME_EXIT = 1 << Reason.regime_exit
SIGNAL_FLIP = 1 << Reason.signal_flip
COOL_DOWN = 1 << Reason.cool_down
QUALITY_GATE = 1 << Reason.quality_gate
DATA_QUARANTINE = 1 << Reason.data_quarantine
LEVEL_SHIFT = 1 << Reason.level_shift
REFERENCE_EXPIRED = 1 << Reason.reference_expired
MODEL_FALLBACK = 1 << Reason.model_fallback
WARMUP = 1 << Reason.warmup
ANOMALY = 1 << Reason.anomaly
DRIFT = 1 << Reason.drift
CRISIS_BLOCK = 1 << Reason.crisis_block
VOL_GATE = 1 << Reason.vol_gate
LIQUIDITY_GATE = 1 << Reason.liquidity_gate
DD_LIMIT = 1 << Reason.dd_limit
KILL_SWITCH = 1 << Reason.kill_switch
CONTROL_BLOCK = 1 << Reason.control_block
CONTROL_STALE = 1 << Reason.control_stale
BUDGET_CAP = 1 << Reason.budget_cap
BELOW_MIN_SIZE = 1 << Reason.below_min_size
STRATEGY = 1 << Reason.strategy
STRATEGY_FALLBACK = 1 << Reason.strategy_fallback

REASONS = len(Reason)


@embedded
def first(mask):  # type: ignore[no-untyped-def]
    """Return the lowest reason code in `mask`, the first in order of evaluation; -1 when it is empty."""
    for code in range(REASONS):
        if mask >> code & 1:
            return code
    return -1


@embedded
def when(condition, bit):  # type: ignore[no-untyped-def]
    """Return `bit` if the condition holds, else 0."""
    return bit if condition else 0
