"""The trailing stop: starts after a gain, follows the best close, never retreats; decides at the close."""

from __future__ import annotations

import math

from worker.engine.kernel import embedded


@embedded
def trail(position, atr, p):  # type: ignore[no-untyped-def]
    """Move the trailing stop by this close's ATR; an ATR that is not ready leaves it unchanged."""
    side = position.side
    if math.isnan(atr) or not side * (position.best - position.entry) >= p.trail_after * position.atr:
        return
    level = position.best - side * p.trail_atr * atr
    if not position.trailing or side * (level - position.trail) > 0.0:
        position.trail = level
    position.trailing = True


@embedded
def hit(position, close):  # type: ignore[no-untyped-def]
    """Return whether the close is at or beyond the trailing stop."""
    return position.trailing and position.side * (close - position.trail) <= 0.0
