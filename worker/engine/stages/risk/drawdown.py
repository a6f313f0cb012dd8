"""Drawdown of the symbol's equity from its peak, and the latch that stops trading at the hard limit."""

from __future__ import annotations

import numpy as np

from worker.engine.kernel import embedded

DRAWDOWN = np.dtype(
    [
        ("peak", "f8"),  # of the result since the first bar: peak equity - budget
        ("limit_bars", "i8"),  # bars left of the cool-down after the hard limit
    ],
    align=True,
)


@embedded
def ratio(budget, pnl, peak):  # type: ignore[no-untyped-def]
    """Return 1 - equity/peak equity; 1 when the peak is not positive."""
    return 1.0 - (budget + pnl) / (budget + peak) if budget + peak > 0.0 else 1.0


@embedded
def update(state, pnl, budget, limit, cool_down):  # type: ignore[no-untyped-def]
    """Return the drawdown at this close; latch at `limit`.

    After the cool-down the peak restarts at the remaining equity: a flat symbol's equity cannot recover, so with the
    old peak the limit would hold forever.
    """
    if state.limit_bars > 0:
        state.limit_bars -= 1
        if state.limit_bars == 0:
            state.peak = pnl
    state.peak = max(state.peak, pnl)
    dd = ratio(budget, pnl, state.peak)
    if state.limit_bars == 0 and dd >= limit:
        state.limit_bars = cool_down + 1  # this bar counts too
    return dd
