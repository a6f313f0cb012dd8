"""Rules 23 to 26: volume and signs of a dead feed."""

from __future__ import annotations

from worker.engine.kernel import embedded
from worker.engine.reasons import Reject
from worker.engine.windows import ring, running_sum

ZERO_VOLUME = 1 << Reject.zero_volume
PRICE_MOVE_NO_VOLUME = 1 << Reject.price_move_no_volume
VOLUME_SPIKE = 1 << Reject.volume_spike
STUCK_PRICE = 1 << Reject.stuck_price

MIN_VOLUMES = 20
STUCK_RUN = 10  # bars


@embedded
def volume_limit(own, p):  # type: ignore[no-untyped-def]
    """Return the largest ordinary volume after the bars accepted so far; 0 = unknown."""
    n = ring.size(own.volumes)
    if n < MIN_VOLUMES:
        return 0.0
    return p.max_volume_multiplier * (own.volume_sum.total / n)


@embedded
def keep_volume(own, volume, p):  # type: ignore[no-untyped-def]
    """Store an accepted bar's volume, capped so that a spike cannot hide the next."""
    limit = volume_limit(own, p)
    running_sum.slide(own.volume_sum, own.volumes, min(volume, limit) if limit > 0 else volume)


@embedded
def stuck_run(own, bar):  # type: ignore[no-untyped-def]
    """Return the length of the run of bars with high = low = previous close that this bar ends."""
    stuck = own.accepted > 0 and bar.high == bar.low and bar.low == own.last.close
    return own.stuck + 1 if stuck else 0


@embedded
def check(own, bar, p):  # type: ignore[no-untyped-def]
    """Apply rules 23 to 26."""
    mask = 0
    if bar.volume == 0:
        mask |= ZERO_VOLUME if bar.high == bar.low else PRICE_MOVE_NO_VOLUME
    limit = volume_limit(own, p)
    if limit > 0 and bar.volume > limit:
        mask |= VOLUME_SPIKE
    if stuck_run(own, bar) >= STUCK_RUN:
        mask |= STUCK_PRICE
    return mask
