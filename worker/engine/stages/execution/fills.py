"""Fills of the pending order: costs, participation limit, stale orders."""

from __future__ import annotations

from worker.engine.asking.intent import LIMIT, MARKET
from worker.engine.kernel import embedded
from worker.engine.reasons import Reason
from worker.engine.rounding import floor_to_step
from worker.engine.stages.execution.account import enter, leave, slipped
from worker.engine.stages.execution.orders import (
    CLOSE,
    HOLD,
    INCREASE,
    OPEN_LONG,
    OPEN_SHORT,
    REDUCE,
    REVERSE,
    clear,
)
from worker.engine.stages.execution.turning import add, turn

PARTIAL_FILL = 1 << Reason.partial_fill
STALE_ORDER = 1 << Reason.stale_order


@embedded
def with_costs(price, side, cost):  # type: ignore[no-untyped-def]
    """Return `price` made worse for an order of this side by the fraction `cost`."""
    return price + side * abs(price) * cost


@embedded
def cancel(pending, done):  # type: ignore[no-untyped-def]
    """Drop the order, and report it if there was one."""
    if pending.action != HOLD:
        done.reasons |= STALE_ORDER
        clear(pending)


@embedded
def fillable(wanted, volume, lot, participation):  # type: ignore[no-untyped-def]
    """Return the quantity of an order that this bar's volume can fill."""
    if participation <= 0.0 or wanted <= participation * volume:
        return wanted
    return floor_to_step(participation * volume, lot)


@embedded
def opens(pending):  # type: ignore[no-untyped-def]
    """Return whether the order opens a position."""
    return pending.action == OPEN_LONG or pending.action == OPEN_SHORT


@embedded
def gapped(pending, price):  # type: ignore[no-untyped-def]
    """Return whether a price is at or beyond the stop or target of the order."""
    return not (pending.side * (price - pending.stop) > 0.0 and pending.side * (pending.target - price) > 0.0)


@embedded
def _cost(kind, p):  # type: ignore[no-untyped-def]
    """Return what a fill is worse than its quoted price, as a fraction: a limit waits for its price."""
    if kind == MARKET:
        return p.spread_and_slip
    return 0.0 if kind == LIMIT else p.slip


@embedded
def _wanted(position, pending):  # type: ignore[no-untyped-def]
    closes = pending.action == CLOSE or pending.action == REDUCE
    return min(pending.qty, position.qty) if closes else pending.qty


@embedded
def _book(position, pending, done, qty, price, barred, inst, p):  # type: ignore[no-untyped-def]
    if opens(pending):
        enter(position, done, pending, qty, price, inst, p)
    elif pending.action == INCREASE:
        add(position, done, qty, price, inst, p)
    elif pending.action == REVERSE:
        turn(position, pending, done, qty, price, barred, inst, p)
    else:
        if pending.scale > 0.0:
            position.scale = pending.scale
        leave(position, done, qty, price, pending.reason, p.cool_down, inst, p)


@embedded
def fill(position, pending, kind, quoted, done, volume, inst, p):  # type: ignore[no-untyped-def]
    """Fill the pending order at the price `quoted`, and cancel what the volume cannot fill.

    Beyond its stop or target a price cancels an opening order; a reversal then closes only.
    """
    beyond = not p.gap_fills and gapped(pending, quoted)
    if beyond and opens(pending):
        cancel(pending, done)
        return
    wanted = _wanted(position, pending)
    qty = fillable(wanted, volume, inst.lot, p.participation)
    if qty < wanted:
        done.reasons |= PARTIAL_FILL
    if beyond and pending.action == REVERSE:
        done.reasons |= STALE_ORDER
        qty = min(qty, position.qty)
    if qty > 0.0:
        price = with_costs(quoted, pending.side, _cost(kind, p))
        slipped(done, qty, quoted, price, inst)
        _book(position, pending, done, qty, price, beyond, inst, p)
    clear(pending)
