"""How `decide` asks a strategy at a bar: under its symbol's circuit, and with its state put back where it raises."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.engine.asking.call import address_of_record, call_at
from worker.engine.asking.intent import CIRCUIT_OPEN, INVALID, OK, RAISED, WARMING_UP, silence
from worker.engine.elementary.words import address_of
from worker.engine.kernel import embedded

OPENS_AFTER = 5  # consecutive bars at which it raised
OPEN_BARS = 500  # accepted bars of the symbol without a call of it


class Hook(NamedTuple):
    """What `decide` needs of a strategy, by row of the batch or by frame; `address` 0 = the rules decide."""

    address: int
    standings: NDArray[Any]  # STANDING, by frame; one row where there is no strategy
    own: NDArray[np.uint64]  # by frame, words of the user's state
    before: NDArray[np.uint64]  # room for one of these rows
    values: NDArray[np.float64]  # by row, as `was`
    was: NDArray[np.float64]
    params: int  # address


@embedded
def _call(hook, slot, row, carry, inst, bar, out, intent):  # type: ignore[no-untyped-def]
    return call_at(
        hook.address,
        address_of_record(carry),
        address_of_record(inst),
        address_of_record(bar),
        address_of_record(out),
        address_of(hook.values[row]),
        address_of(hook.was[row]),
        address_of(hook.own[slot]),
        address_of_record(intent),
        hook.params,
    )


@embedded
def _count(standing):  # type: ignore[no-untyped-def]
    standing.errors += 1
    if standing.errors >= OPENS_AFTER:
        standing.errors = 0
        standing.rest = OPEN_BARS


@embedded
def ask(hook, standing, slot, row, carry, inst, bar, out, intent):  # type: ignore[no-untyped-def]
    """Write to `intent`, which says nothing yet, what the strategy says at this bar, and its status."""
    if standing.rest > 0:
        standing.rest -= 1
        intent.status = CIRCUIT_OPEN
        return
    own, before = hook.own[slot], hook.before
    for k in range(own.size):
        before[k] = own[k]
    status = _call(hook, slot, row, carry, inst, bar, out, intent)
    if status == RAISED:
        # What it has written is half of a step.
        for k in range(own.size):
            own[k] = before[k]
        silence(intent)
        _count(standing)
    elif status == OK:
        standing.errors = 0
    elif status != WARMING_UP:
        status = INVALID
    intent.status = status
