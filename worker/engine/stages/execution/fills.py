"""Fills of the pending order at the open: costs, participation limit, stale orders."""

from __future__ import annotations

from worker.engine.kernel import embedded
from worker.engine.reasons import Reason
from worker.engine.rounding import floor_to_step
from worker.engine.stages.execution.account import enter, leave, slipped
from worker.engine.stages.execution.orders import HOLD, OPEN_LONG, OPEN_SHORT, clear

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
    """Return whether the open is at or beyond the stop or target of an opening order."""
    return opens(pending) and not (
        pending.side * (price - pending.stop) > 0.0 and pending.side * (pending.target - price) > 0.0
    )


@embedded
def fill(position, pending, done, bar, inst, p):  # type: ignore[no-untyped-def]
    """Fill the pending order at the bar's open; cancel what the volume cannot fill."""
    if gapped(pending, bar.open):
        cancel(pending, done)
        return
    wanted = pending.qty if opens(pending) else min(pending.qty, position.qty)
    qty = fillable(wanted, bar.volume, inst.lot, p.participation)
    if qty < wanted:
        done.reasons |= PARTIAL_FILL
    if qty > 0.0:
        price = with_costs(bar.open, pending.side, p.spread_and_slip)
        slipped(done, qty, bar.open, price, inst)
        if opens(pending):
            enter(position, done, pending, qty, price, inst, p)
        else:
            if pending.scale > 0.0:
                position.scale = pending.scale
            leave(position, done, qty, price, pending.reason, p.cool_down, inst, p)
    clear(pending)
