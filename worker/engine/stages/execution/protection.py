"""Exits inside the bar: stop before target, gaps through them fill at the open; and the close after a level shift."""

from __future__ import annotations

from worker.engine.kernel import embedded
from worker.engine.reasons import Reason
from worker.engine.stages.execution.account import leave, slipped
from worker.engine.stages.execution.fills import with_costs

STOP_LOSS = int(Reason.stop_loss)
TAKE_PROFIT = int(Reason.take_profit)
LEVEL_SHIFT = int(Reason.level_shift)


@embedded
def stopped(position, high, low):  # type: ignore[no-untyped-def]
    """Return whether the bar reached the stop."""
    return low <= position.stop if position.side > 0 else high >= position.stop


@embedded
def reached(position, high, low):  # type: ignore[no-untyped-def]
    """Return whether the bar reached the target."""
    return high >= position.target if position.side > 0 else low <= position.target


@embedded
def protect(position, done, start, sure, high, low, inst, p):  # type: ignore[no-untyped-def]
    """Apply stop and target to the effective high and low; the stop if both are hit, as the order is unknown.

    `start` is the price from which the bar counts for the position: the open, or that of an entry after it. Unless
    `sure`, the bar may have reached the target before that entry.
    """
    side = position.side
    if stopped(position, high, low):
        quoted = min(start, position.stop) if side > 0 else max(start, position.stop)
        done.reasons |= 1 << STOP_LOSS
        price = with_costs(quoted, -side, p.slip)
        slipped(done, position.qty, quoted, price, inst)
        leave(position, done, position.qty, price, STOP_LOSS, p.stop_cool_down, inst, p)
    elif sure and reached(position, high, low):
        price = max(start, position.target) if side > 0 else min(start, position.target)
        done.reasons |= 1 << TAKE_PROFIT
        leave(position, done, position.qty, price, TAKE_PROFIT, p.cool_down, inst, p)


@embedded
def settle(position, done, close, inst, p):  # type: ignore[no-untyped-def]
    """Close at the close of the bar that confirmed a new price level; the result is suspect (domain §1.5)."""
    done.reasons |= 1 << LEVEL_SHIFT
    price = with_costs(close, -position.side, p.spread_and_slip)
    slipped(done, position.qty, close, price, inst)
    leave(position, done, position.qty, price, LEVEL_SHIFT, p.cool_down, inst, p)
    done.trade.suspect = True
    position.halted = True
