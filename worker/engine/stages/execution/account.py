"""The virtual position and its bookkeeping: entries, exits, realised and unrealised result net of fees."""

from __future__ import annotations

import numpy as np

from worker.engine.kernel import embedded
from worker.engine.rounding import floor_to_step

POSITION = np.dtype(
    [
        ("side", "i1"),  # 0 flat, +1 long, -1 short
        ("trailing", "?"),  # the trailing stop is active
        ("halted", "?"),  # closed by a level shift: no opens until the features are warm again
        ("qty", "f8"),  # held, base units
        ("opened", "f8"),  # quantity at the entry
        ("entry", "f8"),  # fill price, spread and slippage included
        ("stop", "f8"),
        ("target", "f8"),
        ("atr", "f8"),  # of the bar that decided the entry
        ("best", "f8"),  # best price of the trade: the entry, then closes
        ("trail", "f8"),  # level of the trailing stop
        ("scale", "f8"),  # g (without quality) at the last sizing
        ("factor", "f8"),  # confidence factor at the entry
        ("bars_held", "i8"),  # accepted bars since the entry, its own included
        ("cool_down", "i8"),  # bars left without opens
        ("trade", "f8"),  # realised in this trade, quote currency, net of fees
        ("realised", "f8"),  # realised since the symbol's first bar: equity = budget + realised + unrealised
        ("unrealised", "f8"),  # at the last close
    ],
    align=True,
)

TRADE = np.dtype(
    [
        ("closed", "?"),  # a trade ended in this bar; without one the other fields are 0
        ("suspect", "?"),  # its result comes from a level shift: excluded from Kelly statistics and labels
        ("side", "i1"),
        ("reason", "i1"),  # reason code of the exit
        ("bars_held", "i8"),
        ("qty", "f8"),  # as opened
        ("entry", "f8"),
        ("exit", "f8"),  # of the last fill
        ("pnl", "f8"),  # quote currency, net of fees
    ],
    align=True,
)

OUTPUT = np.dtype(
    [
        ("reasons", "u4"),  # bit mask of reason codes: events of orders and position in this bar
        ("traded", "f8"),  # Σ |notional| of this bar's fills, quote currency
        ("fees", "f8"),  # paid in this bar
        ("slippage", "f8"),  # half spread and slippage paid in this bar, quote currency
        ("trade", TRADE),
    ],
    align=True,
)


@embedded
def multiplier(inst):  # type: ignore[no-untyped-def]
    """Return the quote value of one unit at price 1; 1 where none is configured."""
    return inst.multiplier if inst.multiplier > 0.0 else 1.0


@embedded
def reset(done):  # type: ignore[no-untyped-def]
    """Clear the events of the previous bar."""
    done.reasons = 0
    done.traded = 0.0
    done.fees = 0.0
    done.slippage = 0.0
    trade = done.trade
    trade.closed = False
    trade.suspect = False
    trade.side = 0
    trade.reason = 0
    trade.bars_held = 0
    trade.qty = 0.0
    trade.entry = 0.0
    trade.exit = 0.0
    trade.pnl = 0.0


@embedded
def charge(position, done, qty, price, inst, p):  # type: ignore[no-untyped-def]
    """Charge the fee of a fill."""
    notional = qty * abs(price) * multiplier(inst)
    fee = notional * p.fee
    done.traded += notional
    done.fees += fee
    position.realised -= fee
    position.trade -= fee


@embedded
def slipped(done, qty, quoted, price, inst):  # type: ignore[no-untyped-def]
    """Count the cost of a fill at `price` instead of the quoted price; the result already contains it."""
    done.slippage += qty * abs(price - quoted) * multiplier(inst)


@embedded
def enter(position, done, pending, qty, price, inst, p):  # type: ignore[no-untyped-def]
    """Open the position with the values of the order."""
    position.side = pending.side
    position.qty = qty
    position.opened = qty
    position.entry = price
    position.best = price
    position.stop = pending.stop
    position.target = pending.target
    position.atr = pending.atr
    position.scale = pending.scale
    position.factor = pending.factor
    position.trade = 0.0
    charge(position, done, qty, price, inst, p)


@embedded
def _record(position, done, price, reason):  # type: ignore[no-untyped-def]
    trade = done.trade
    trade.closed = True
    trade.side = position.side
    trade.reason = reason
    trade.bars_held = position.bars_held
    trade.qty = position.opened
    trade.entry = position.entry
    trade.exit = price
    trade.pnl = position.trade


@embedded
def _flatten(position, cool_down):  # type: ignore[no-untyped-def]
    position.side = 0
    position.trailing = False
    position.qty = 0.0
    position.opened = 0.0
    position.entry = 0.0
    position.best = 0.0
    position.stop = 0.0
    position.target = 0.0
    position.atr = 0.0
    position.trail = 0.0
    position.scale = 0.0
    position.factor = 0.0
    position.bars_held = 0
    position.trade = 0.0
    # The bar of the exit counts too; without a cool-down there is none.
    position.cool_down = cool_down + 1 if cool_down > 0 else 0


@embedded
def leave(position, done, qty, price, reason, cool_down, inst, p):  # type: ignore[no-untyped-def]
    """Sell `qty` of a long position, buy it back of a short one; record the trade when nothing is left."""
    gain = position.side * qty * (price - position.entry) * multiplier(inst)
    position.realised += gain
    position.trade += gain
    charge(position, done, qty, price, inst, p)
    position.qty = floor_to_step(position.qty - qty, inst.lot)
    if not position.qty > 0.0:
        _record(position, done, price, reason)
        _flatten(position, cool_down)


@embedded
def mark(position, close, inst):  # type: ignore[no-untyped-def]
    """Mark to market at the close and count the bar."""
    if position.side == 0:
        position.unrealised = 0.0
        return
    position.unrealised = position.side * position.qty * (close - position.entry) * multiplier(inst)
    position.bars_held += 1
    if position.side * (close - position.best) > 0.0:
        position.best = close
