"""The stage's step in place of sizing and decision, where a strategy decides."""

from __future__ import annotations

import math

from worker.engine.asking.intent import KEEP, LONG, MARKET, OK, SHORT, WARMING_UP
from worker.engine.asking.settings import CLOSE_ON
from worker.engine.kernel import embedded
from worker.engine.reasons import Reason
from worker.engine.stages.decision.bits import STRATEGY_FALLBACK, WARMUP, when
from worker.engine.stages.decision.facts import facts
from worker.engine.stages.decision.following.flat import enter_at, wait
from worker.engine.stages.decision.following.held import manage
from worker.engine.stages.decision.following.said import publish_said
from worker.engine.stages.decision.following.sound import failed
from worker.engine.stages.decision.publish import publish, settled
from worker.engine.stages.execution.entries import at_market
from worker.engine.stages.execution.orders import CLOSE, HOLD, clear

NOT_WARM = int(Reason.warmup)


@embedded
def _unsized(sizing):  # type: ignore[no-untyped-def]
    sizing.side = 0
    sizing.capped = False
    sizing.illiquid = False
    sizing.below_min = False
    sizing.qty = 0.0
    sizing.factor = 1.0
    sizing.stop = math.nan
    sizing.target = math.nan


@embedded
def _decide(state, standing, out, intent, close, inst, enter, cool_down, p):  # type: ignore[no-untyped-def]
    """Return (action, reasons, blocking reason code)."""
    position, pending = state.position, state.pending
    if position.side != 0:
        clear(pending)
        at_market(standing)
        return manage(pending, standing, position, out, intent, close, inst, enter, cool_down, p)
    gives_up = p.strategy.on_failure == CLOSE_ON and failed(intent.status)
    waits = pending.action != HOLD and standing.kind != MARKET
    if waits and intent.side == KEEP and not gives_up:
        return wait(pending, standing, position, out, intent, inst, enter, p)
    clear(pending)
    at_market(standing)
    if intent.side == LONG or intent.side == SHORT:
        return enter_at(pending, standing, position, out, intent, close, inst, enter, p)
    return HOLD, 0, NOT_WARM if intent.status == WARMING_UP else -1


@embedded
def follow(state, standing, inst, bar, out, p):  # type: ignore[no-untyped-def]
    """Decide as `decision.step`, for what the strategy wants: write what it writes, `out.sizing` and `out.said`."""
    position, decision, intent = state.position, out.decision, out.said.intent
    enter = p.decision.enter[inst.class_row, out.regime.code]
    cool_down = p.execution.rows[inst.class_row].cool_down
    _unsized(out.sizing)
    if intent.status == OK and not out.validation.shift:
        position.halted = False
    action, reasons, blocking = _decide(state, standing, out, intent, bar.close, inst, enter, cool_down, p)
    if settled(out):
        action, blocking = CLOSE, -1
    # The features of the rules are none of the strategy's business: it has a warm-up of its own.
    known = facts(out) & ~WARMUP | when(intent.status == WARMING_UP, WARMUP)
    decision.reasons = reasons | known | when(failed(intent.status), STRATEGY_FALLBACK)
    decision.blocking = blocking
    if position.cool_down > 0 and position.side == 0:
        position.cool_down -= 1
    publish(state, inst, bar, out, action)
    publish_said(out.said, state.pending, standing, inst)


@embedded
def stand_in(state, standing, inst, out):  # type: ignore[no-untyped-def]
    """Note that the rules have decided in the strategy's place."""
    at_market(standing)
    out.decision.reasons |= STRATEGY_FALLBACK
    publish_said(out.said, state.pending, standing, inst)
