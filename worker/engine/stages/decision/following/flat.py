"""Decisions of a flat symbol: open, wait for a price, or nothing."""

from __future__ import annotations

import math

from worker.engine.asking.intent import MARKET, OK
from worker.engine.kernel import embedded
from worker.engine.rounding import to_tick_away, to_tick_toward
from worker.engine.stages.decision.bits import BELOW_MIN_SIZE, STRATEGY, first, when
from worker.engine.stages.decision.following.gates import gates
from worker.engine.stages.decision.following.size import bounded, cuts, levels, size, too_small
from worker.engine.stages.execution.account import multiplier
from worker.engine.stages.execution.entries import at_market, await_at, on_grid_of
from worker.engine.stages.execution.orders import HOLD, OPEN_LONG, OPEN_SHORT, clear, place


@embedded
def equip(pending, standing, out):  # type: ignore[no-untyped-def]
    """Give an order that opens a position the values of this bar that its fill needs."""
    pending.stop = out.sizing.stop
    pending.target = out.sizing.target
    pending.atr = out.features.atr_14
    pending.scale = out.risk.g_held
    pending.factor = 1.0
    standing.scale = out.risk.g_ctl


@embedded
def enter_at(pending, standing, position, out, intent, close, inst, enter, p):  # type: ignore[no-untyped-def]
    """Return (action, reasons, blocking reason code) of a flat symbol whose strategy wants a position."""
    side, kind = intent.side, intent.entry
    reference = close if kind == MARKET else on_grid_of(intent.price, kind, side, inst.tick)
    levels(out.sizing, intent, side, reference, inst.tick)
    out.sizing.side = side
    size(intent, out, reference, out.sizing.stop, False, inst, p)
    noted = STRATEGY | cuts(out.sizing)
    barred = gates(position, out, side, intent.status, enter, p.strategy.rules) | too_small(intent, out)
    if barred != 0:
        return HOLD, noted | barred, first(barred)
    place(pending, OPEN_LONG if side > 0 else OPEN_SHORT, side, out.sizing.qty, 0)
    equip(pending, standing, out)
    if kind != MARKET:
        await_at(standing, kind, reference, intent.bars)
    return pending.action, noted, -1


@embedded
def _move(pending, intent, tick, reference):  # type: ignore[no-untyped-def]
    if not math.isnan(intent.stop):
        pending.stop = to_tick_away(intent.stop, tick, reference)
    if not math.isnan(intent.target):
        pending.target = to_tick_toward(intent.target, tick, reference)


@embedded
def wait(pending, standing, position, out, intent, inst, enter, p):  # type: ignore[no-untyped-def]
    """Return the same of a flat symbol whose entry waits on: limits and gates hold at every bar."""
    sizing, qty, scale = out.sizing, pending.qty, out.risk.g_ctl
    if scale < standing.scale:
        qty *= scale / standing.scale
        standing.scale = scale
    bounded(sizing, qty, out, abs(standing.price) * multiplier(inst), inst)
    barred = gates(position, out, pending.side, OK, enter, p.strategy.rules) | when(sizing.below_min, BELOW_MIN_SIZE)
    noted = STRATEGY | cuts(sizing)
    if barred != 0:
        clear(pending)
        at_market(standing)
        return HOLD, noted | barred, first(barred)
    pending.qty = sizing.qty
    _move(pending, intent, inst.tick, standing.price)
    return pending.action, noted, -1
