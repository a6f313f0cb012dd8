"""Whether what a strategy says makes sense. What does not is not mended: the bar counts as one without a word."""

from __future__ import annotations

import math

from worker.engine.asking.intent import (
    CIRCUIT_OPEN,
    FLAT,
    INVALID,
    KEEP,
    LIMIT,
    LONG,
    MARKET,
    OK,
    RAISED,
    SHORT,
    STOP,
    UNSAID,
)
from worker.engine.kernel import embedded
from worker.engine.stages.execution.orders import HOLD


@embedded
def failed(status):  # type: ignore[no-untyped-def]
    """Return whether the strategy gave no answer that can be followed, although it should have."""
    return status in (RAISED, INVALID, CIRCUIT_OPEN)


@embedded
def _size(x):  # type: ignore[no-untyped-def]
    return x == UNSAID or (x >= 0.0 and x < math.inf)


@embedded
def _sizes(intent):  # type: ignore[no-untyped-def]
    said = (intent.qty != UNSAID) + (intent.share != UNSAID) + (intent.risk != UNSAID)
    known = _size(intent.qty) and _size(intent.share) and _size(intent.risk)
    return known and said <= 1 and intent.strength >= 0.0 and intent.strength < math.inf


@embedded
def _codes(intent):  # type: ignore[no-untyped-def]
    side, entry = intent.side, intent.entry
    known = side in (KEEP, LONG, SHORT, FLAT) and entry in (MARKET, LIMIT, STOP)
    return known and intent.resize in (0, 1)


@embedded
def _levels(intent, side, reference):  # type: ignore[no-untyped-def]
    """Return whether stop and target are finite and on their sides of the reference price; NaN = not said."""
    stop, target = intent.stop, intent.target
    stop_fits = math.isnan(stop) or (abs(stop) < math.inf and side * (reference - stop) > 0.0)
    return stop_fits and (math.isnan(target) or (abs(target) < math.inf and side * (target - reference) > 0.0))


@embedded
def _entry(intent, held, inst):  # type: ignore[no-untyped-def]
    """Return whether a limit or stop entry has a price and time; only a flat symbol can wait for one."""
    price = intent.price
    priced = abs(price) < math.inf and (price > 0.0 or inst.allow_non_positive_price)
    return priced and intent.bars >= 1 and held == 0


@embedded
def _opening(intent, position, close, inst):  # type: ignore[no-untyped-def]
    """Check a wanted side that is not held, or held and to be resized."""
    if intent.entry != MARKET and not _entry(intent, position.side, inst):
        return False
    stopped = not math.isnan(intent.stop)
    if position.side == intent.side:
        stopped = stopped or abs(position.stop) < math.inf
    if intent.risk != UNSAID and not stopped:
        return False
    return _levels(intent, intent.side, close if intent.entry == MARKET else intent.price)


@embedded
def _sound(intent, position, pending, standing, close, inst):  # type: ignore[no-untyped-def]
    if not (_codes(intent) and _sizes(intent)):
        return False
    side, held = intent.side, position.side
    if side in (LONG, SHORT) and (side != held or intent.resize == 1):
        return _opening(intent, position, close, inst)
    if side == FLAT:
        return True
    if held != 0:
        return _levels(intent, held, close)
    return pending.action == HOLD or _levels(intent, pending.side, standing.price)


@embedded
def check(state, standing, bar, inst, intent):  # type: ignore[no-untyped-def]
    """Mark as invalid an answer that can't be followed: an infinite or NaN number, two sizes, a stop beyond the price.

    Where there is no answer, let the intent keep what there is.
    """
    if intent.status == OK and not _sound(intent, state.position, state.pending, standing, bar.close, inst):
        intent.status = INVALID
    if intent.status != OK:
        intent.side = KEEP
        intent.stop = math.nan
        intent.target = math.nan
