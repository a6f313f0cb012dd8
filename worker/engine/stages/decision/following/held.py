"""Decisions of a symbol with a position: its exits, its stop and target, its size."""

from __future__ import annotations

import math

from worker.engine.asking.intent import KEEP
from worker.engine.asking.settings import CLOSE_ON
from worker.engine.kernel import embedded
from worker.engine.rounding import to_tick_away, to_tick_toward
from worker.engine.stages.decision.bits import (
    DD_LIMIT,
    KILL_SWITCH,
    MAX_HOLDING,
    REGIME_EXIT,
    SIGNAL_WEAK,
    STRATEGY,
    STRATEGY_FALLBACK,
    TRAILING_STOP,
    first,
    when,
)
from worker.engine.stages.decision.following.change import cut, resize, turn
from worker.engine.stages.decision.following.sound import failed
from worker.engine.stages.decision.holding import CRISIS, QUARANTINE
from worker.engine.stages.decision.trailing import hit, trail
from worker.engine.stages.execution.orders import CLOSE, HOLD, place


@embedded
def _exits(position, out, close, p):  # type: ignore[no-untyped-def]
    """Return the reasons to close, whatever the strategy says: the limits, and the rules that hold."""
    soft = (
        when(hit(position, close), TRAILING_STOP)
        | when(position.bars_held >= p.decision.max_holding, MAX_HOLDING)
        | when(out.regime.code == CRISIS, REGIME_EXIT)
        | when(position.side * out.signal.final < p.decision.hold, SIGNAL_WEAK)
    )
    return (soft & p.strategy.rules) | when(out.risk.dd_limit, DD_LIMIT) | when(out.risk.kill, KILL_SWITCH)


@embedded
def _move(position, intent, tick, close):  # type: ignore[no-untyped-def]
    """Move stop and target, from the next bar on."""
    if not math.isnan(intent.stop):
        position.stop = to_tick_away(intent.stop, tick, close)
    if not math.isnan(intent.target):
        position.target = to_tick_toward(intent.target, tick, close)


@embedded
def _close(pending, position, mask):  # type: ignore[no-untyped-def]
    place(pending, CLOSE, -position.side, position.qty, first(mask))
    return CLOSE, mask, -1


@embedded
def manage(pending, standing, position, out, intent, close, inst, enter, cool_down, p):  # type: ignore[no-untyped-def]
    """Return (action, reasons, blocking reason code) of a symbol that holds a position."""
    if out.validation.quarantine:
        return HOLD, 0, QUARANTINE
    if p.strategy.rules & TRAILING_STOP:
        trail(position, out.features.atr_14, p.decision)
    mask = _exits(position, out, close, p)
    if p.strategy.on_failure == CLOSE_ON:
        mask |= when(failed(intent.status), STRATEGY_FALLBACK)
    leaves = intent.side != KEEP and intent.side != position.side
    if mask != 0 or (leaves and intent.side == 0):
        return _close(pending, position, mask | when(leaves, STRATEGY))
    if leaves:
        return turn(pending, standing, position, out, intent, close, inst, enter, cool_down, p)
    _move(position, intent, inst.tick, close)
    if intent.side == position.side and intent.resize == 1:
        return resize(pending, standing, position, out, intent, close, inst, enter, p)
    return cut(pending, standing, position, out, close, inst, p)
