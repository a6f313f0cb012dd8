"""Drawdown of the symbol's equity from its peak, and the latch that stops it from trading at the hard limit."""

from __future__ import annotations

import numpy as np

from worker.engine.kernel import embedded

DRAWDOWN = np.dtype(
    [
        ("peak", "f8"),  # of the result since the first bar: the peak equity less the budget
        ("limit_bars", "i8"),  # bars left of the cool-down after the hard limit
    ],
    align=True,
)


@embedded
def ratio(budget, pnl, peak):  # type: ignore[no-untyped-def]
    """1 - equity/peak equity; 1 when not even the peak is worth anything."""
    return 1.0 - (budget + pnl) / (budget + peak) if budget + peak > 0.0 else 1.0


@embedded
def update(state, pnl, budget, limit, cool_down):  # type: ignore[no-untyped-def]
    """The drawdown at this close; latches at `limit`.

    When the cool-down is over the peak restarts at the equity left: a flat symbol's equity cannot recover, so with
    the old peak the limit would hold for ever.
    """
    if state.limit_bars > 0:
        state.limit_bars -= 1
        if state.limit_bars == 0:
            state.peak = pnl
    state.peak = max(state.peak, pnl)
    dd = ratio(budget, pnl, state.peak)
    if state.limit_bars == 0 and dd >= limit:
        state.limit_bars = cool_down + 1  # this bar is counted too
    return dd
