"""Fills that change a held position without ending the symbol's exposure: more of it, or the other side."""

from __future__ import annotations

from worker.engine.kernel import embedded
from worker.engine.rounding import floor_to_step
from worker.engine.stages.execution.account import charge, enter, leave


@embedded
def add(position, done, qty, price, inst, p):  # type: ignore[no-untyped-def]
    """Add to the position; its entry becomes the mean price."""
    held = position.qty
    position.entry = (position.entry * held + price * qty) / (held + qty)
    position.qty = floor_to_step(held + qty, inst.lot)
    position.opened += qty
    charge(position, done, qty, price, inst, p)


@embedded
def turn(position, pending, done, qty, price, barred, inst, p):  # type: ignore[no-untyped-def]
    """Close the position and, unless `barred`, open the other side with what is left of `qty`."""
    held = min(qty, position.qty)
    leave(position, done, held, price, pending.reason, p.cool_down, inst, p)
    rest = floor_to_step(qty - held, inst.lot)
    if position.side == 0 and rest > 0.0 and not barred:
        enter(position, done, pending, rest, price, inst, p)


@embedded
def keep_trade(kept, trade):  # type: ignore[no-untyped-def]
    """Copy a trade's record: the other side may end in the same bar."""
    kept.closed = trade.closed
    kept.suspect = trade.suspect
    kept.side = trade.side
    kept.reason = trade.reason
    kept.bars_held = trade.bars_held
    kept.qty = trade.qty
    kept.entry = trade.entry
    kept.exit = trade.exit
    kept.pnl = trade.pnl


@embedded
def forget_trade(kept):  # type: ignore[no-untyped-def]
    """Clear a kept trade."""
    kept.closed = False
    kept.suspect = False
    kept.side = 0
    kept.reason = 0
    kept.bars_held = 0
    kept.qty = 0.0
    kept.entry = 0.0
    kept.exit = 0.0
    kept.pnl = 0.0
