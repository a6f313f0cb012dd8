"""The pending order: decided at the close of one bar, filled at the open of the next accepted one."""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from worker.engine.kernel import embedded


class Action(IntEnum):
    """The action of a decision at the next open."""

    hold = 0
    open_long = 1
    open_short = 2
    close = 3
    reduce = 4
    increase = 5
    reverse = 6


HOLD, OPEN_LONG, OPEN_SHORT, CLOSE, REDUCE, INCREASE, REVERSE = (int(action) for action in Action)

PENDING = np.dtype(
    [
        ("action", "u1"),  # Action; hold = no order
        ("side", "i1"),  # +1 buys, -1 sells
        ("reason", "i1"),  # reason code of a close, for the trade's record
        ("qty", "f8"),
        # Of the bar that decided, so that a fill uses nothing of its own bar (decisions 18):
        ("stop", "f8"),
        ("target", "f8"),
        ("atr", "f8"),
        ("scale", "f8"),  # g without its quality factor
        ("factor", "f8"),  # confidence factor of the size
    ],
    align=True,
)


@embedded
def place(pending, action, side, qty, reason):  # type: ignore[no-untyped-def]
    """Make this the symbol's one pending order."""
    pending.action = action
    pending.side = side
    pending.qty = qty
    pending.reason = reason


@embedded
def clear(pending):  # type: ignore[no-untyped-def]
    """Clear the order: set all fields to 0."""
    place(pending, HOLD, 0, 0.0, 0)
    pending.stop = 0.0
    pending.target = 0.0
    pending.atr = 0.0
    pending.scale = 0.0
    pending.factor = 0.0
