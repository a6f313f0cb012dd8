"""The candidate list q and the recovery of a price level (domain §1.4)."""

from __future__ import annotations

from worker.engine.kernel import embedded
from worker.engine.stages.validation.price import nearer_candidate


@embedded
def remember(slot, bar):  # type: ignore[no-untyped-def]
    """Copy a bar's time and values into `slot`."""
    slot.ts = bar.ts
    slot.open = bar.open
    slot.high = bar.high
    slot.low = bar.low
    slot.close = bar.close
    slot.volume = bar.volume


@embedded
def _agrees(own, bar, p):  # type: ignore[no-untyped-def]
    if own.pending == 0:
        return False
    change = abs(bar.close / own.candidates[own.pending - 1].close - 1.0)
    return change <= p.max_price_change or nearer_candidate(own, bar)


@embedded
def confirm(own, bar, p):  # type: ignore[no-untyped-def]
    """Return True when a quarantined bar completes the level; else store it, alone if it fits no level yet."""
    length = own.pending + 1 if _agrees(own, bar, p) else 1
    if length >= p.recovery_bars:
        return True
    remember(own.candidates[length - 1], bar)
    own.pending = length
    return False
