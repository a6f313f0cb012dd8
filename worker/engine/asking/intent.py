"""What a strategy says at a close: the position it wants, its size, and its orders."""

from __future__ import annotations

import math
from enum import IntEnum

import numpy as np

from worker.engine.kernel import embedded

KEEP, LONG, SHORT, FLAT = 9, 1, -1, 0  # sides
MARKET, LIMIT, STOP = range(3)  # entries
# A size that is not said. NaN can't mean that: it is what a fault computes, and would then open a default size.
UNSAID = -math.inf
NO_TAG = -1
NOTES = 4


class Status(IntEnum):
    """Answer of a strategy at a bar; 0 is a row without a strategy."""

    not_asked = 0
    ok = 1
    raised = 2
    warming_up = 3
    invalid = 4
    circuit_open = 5


OK, RAISED, WARMING_UP, INVALID, CIRCUIT_OPEN = (int(status) for status in list(Status)[1:])

INTENT = np.dtype(
    [
        ("side", "i8"),  # of the wanted position: LONG, SHORT, FLAT, or KEEP
        # One of these three, at most; UNSAID = not said. Without any, the engine's own size times `strength`.
        ("qty", "f8"),  # base units
        ("share", "f8"),  # notional, fraction of the budget
        ("risk", "f8"),  # loss at the stop, fraction of the budget
        ("strength", "f8"),  # from 0 on
        ("stop", "f8"),  # prices; NaN leaves them
        ("target", "f8"),
        ("entry", "i8"),  # MARKET at the next open, LIMIT, STOP; of a position that is opened
        ("price", "f8"),  # of a limit or stop entry
        ("bars", "i8"),  # for which such an entry waits
        ("resize", "i8"),  # 1 = a position held on that side is brought to the size; 0 = it keeps its size
        ("tag", "i8"),  # index of the strategy's tags, NO_TAG = none
        ("status", "i8"),  # Status; written by the engine
        ("notes", "f8", (NOTES,)),  # NaN = not said
    ],
    align=True,
)


@embedded
def silence(intent):  # type: ignore[no-untyped-def]
    """Say nothing: keep what there is."""
    intent.side = KEEP
    intent.qty = UNSAID
    intent.share = UNSAID
    intent.risk = UNSAID
    intent.strength = 1.0
    intent.stop = math.nan
    intent.target = math.nan
    intent.entry = MARKET
    intent.price = math.nan
    intent.bars = 1
    intent.resize = 0
    intent.tag = NO_TAG
    for i in range(NOTES):
        intent.notes[i] = math.nan
