"""Decisions of a symbol with a position: close, reduce or keep it."""

from __future__ import annotations

from worker.engine.kernel import embedded
from worker.engine.reasons import Reason
from worker.engine.rounding import floor_to_step
from worker.engine.stages.decision.bits import (
    BELOW_MIN_SIZE,
    BUDGET_CAP,
    DD_LIMIT,
    HYSTERESIS_HOLD,
    KILL_SWITCH,
    LIQUIDITY_GATE,
    MAX_HOLDING,
    REGIME_EXIT,
    SIGNAL_FLIP,
    SIGNAL_LONG,
    SIGNAL_SHORT,
    SIGNAL_WEAK,
    TRAILING_STOP,
    first,
    when,
)
from worker.engine.stages.decision.facts import direction
from worker.engine.stages.decision.trailing import hit, trail
from worker.engine.stages.execution.orders import CLOSE, HOLD, REDUCE, place

CRISIS = 5  # regime code
QUARANTINE = int(Reason.data_quarantine)


@embedded
def exits(position, out, close, enter, p):  # type: ignore[no-untyped-def]
    """Return the reasons to close at the next open. A signal that is not ready (NaN) closes nothing."""
    signed = position.side * out.signal.final
    return (
        when(signed > -enter and signed < p.hold, SIGNAL_WEAK)
        | when(hit(position, close), TRAILING_STOP)
        | when(position.bars_held >= p.max_holding, MAX_HOLDING)
        | when(out.regime.code == CRISIS, REGIME_EXIT)
        | when(signed <= -enter, SIGNAL_FLIP)
        | when(out.risk.dd_limit, DD_LIMIT)
        | when(out.risk.kill, KILL_SWITCH)
    )


@embedded
def stay(position, out, enter, p):  # type: ignore[no-untyped-def]
    """Return why the position is kept: the signal still holds, or only the hysteresis."""
    signed = position.side * out.signal.final
    if signed >= enter:
        return direction(position.side, SIGNAL_LONG, SIGNAL_SHORT)
    return when(signed >= p.hold, HYSTERESIS_HOLD)


@embedded
def excess(position, out, lot, p):  # type: ignore[no-untyped-def]
    """Return the quantity above the target; 0 unless the target fell below 70% or g dropped since the last sizing."""
    target = out.sizing.qty
    dropped = out.risk.g_held < p.reduce_scale * position.scale
    if not out.signal.ready or not (target < p.reduce_below * position.qty or (dropped and target < position.qty)):
        return 0.0
    return position.qty if target <= 0.0 else floor_to_step(position.qty - target, lot)


@embedded
def manage(pending, position, out, close, lot, enter, p):  # type: ignore[no-untyped-def]
    """Return (action, reasons, blocking reason code) of a symbol that holds a position; `enter` as in `consider`."""
    side, sizing = position.side, out.sizing
    if out.validation.quarantine:
        return HOLD, 0, QUARANTINE
    trail(position, out.features.atr_14, p)
    mask = exits(position, out, close, enter, p)
    if mask != 0:
        place(pending, CLOSE, -side, position.qty, first(mask))
        return CLOSE, mask, -1
    mask = stay(position, out, enter, p)
    qty = excess(position, out, lot, p)
    if qty <= 0.0:
        return HOLD, mask, -1
    mask |= when(sizing.capped, BUDGET_CAP) | when(sizing.illiquid, LIQUIDITY_GATE)
    if qty >= position.qty:
        mask |= BELOW_MIN_SIZE
        place(pending, CLOSE, -side, position.qty, first(mask))
        return CLOSE, mask, -1
    place(pending, REDUCE, -side, qty, first(mask))
    pending.scale = out.risk.g_held
    return REDUCE, mask, -1
