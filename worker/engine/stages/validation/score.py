"""Quality score and level of a bar from its reject codes (domain §1.3)."""

from __future__ import annotations

from worker.engine.kernel import embedded
from worker.engine.reasons import Reject, bits
from worker.engine.stages.validation.activity import STUCK_PRICE

MINOR = bits(
    Reject.ts_misaligned,
    Reject.tick_misaligned,
    Reject.reference_expired,
    Reject.wick_suspect,
    Reject.zero_volume,
    Reject.stuck_price,
    Reject.gap,
)
MODERATE = bits(
    Reject.wick_clipped,
    Reject.price_spike,
    Reject.price_move_no_volume,
    Reject.volume_spike,
    Reject.gap_large,
    Reject.stale_bar,
    Reject.level_shift_accepted,
)
MINOR_PENALTY, MODERATE_PENALTY, MAJOR_PENALTY = 0.10, 0.25, 0.45
LONG_STUCK_RUN = 30  # bars, from which stuck_price is major instead of minor
LOWEST = 0.05  # score of the worst accepted bar

INVALID, POOR, FAIR, GOOD, EXCELLENT = range(5)
FAIR_FROM, GOOD_FROM, EXCELLENT_FROM = 0.60, 0.80, 0.95
SLACK = 1e-9  # so that 1 - 0.1 - 0.1 is Good


@embedded
def _count(mask):  # type: ignore[no-untyped-def]
    count = 0
    while mask:
        mask &= mask - 1
        count += 1
    return count


@embedded
def score(mask, stuck):  # type: ignore[no-untyped-def]
    """Return the score of an accepted bar with these codes, 0.05 to 1; `stuck` = its run of unchanged bars."""
    penalty = MINOR_PENALTY * _count(mask & MINOR) + MODERATE_PENALTY * _count(mask & MODERATE)
    if mask & STUCK_PRICE and stuck >= LONG_STUCK_RUN:
        penalty += MAJOR_PENALTY - MINOR_PENALTY
    return max(LOWEST, 1.0 - penalty)


@embedded
def level(value):  # type: ignore[no-untyped-def]
    """Return the level of a score; 0 is Invalid."""
    if value == 0.0:
        return INVALID
    if value >= EXCELLENT_FROM - SLACK:
        return EXCELLENT
    if value >= GOOD_FROM - SLACK:
        return GOOD
    return FAIR if value >= FAIR_FROM - SLACK else POOR
