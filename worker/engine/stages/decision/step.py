"""The stage's step: decide at the close of an accepted bar the action at the next open, and publish it."""

from __future__ import annotations

from worker.engine.kernel import embedded
from worker.engine.stages.decision.facts import facts
from worker.engine.stages.decision.holding import manage
from worker.engine.stages.decision.opening import consider
from worker.engine.stages.decision.publish import (
    money,
    publish_context,
    publish_model,
    publish_order,
    publish_outlook,
    publish_position,
    publish_risk,
    publish_signal,
    tick_decimals,
)
from worker.engine.stages.execution.fills import opens
from worker.engine.stages.execution.orders import CLOSE, clear


@embedded
def _settled(out):  # type: ignore[no-untyped-def]
    """Return whether a level shift has closed the position at this close: that is the decision, without an order."""
    return out.validation.shift and out.execution.trade.closed


@embedded
def _publish(state, inst, bar, out, action):  # type: ignore[no-untyped-def]
    position, pending, decision, trade = state.position, state.pending, out.decision, out.execution.trade
    places = tick_decimals(inst.tick)
    settled = _settled(out)
    side = -trade.side if settled else pending.side
    qty = trade.qty if settled else pending.qty
    publish_order(decision, action, side, qty, bar.close, inst, places)
    publish_position(decision.position, position, places)
    opening = opens(pending)
    decision.stop = money(pending.stop, places) if opening else decision.position.stop
    decision.target = money(pending.target, places) if opening else decision.position.target
    publish_signal(decision, out.signal, out.calibration)
    publish_model(decision, out.model)
    publish_context(decision, out.regime, out.timeframes)
    publish_outlook(decision, out.anomaly, out.forecast)
    publish_risk(decision, out.risk)


@embedded
def step(state, inst, bar, out, p):  # type: ignore[no-untyped-def]
    """Run step 9 of domain §10: write `state.pending`, `state.position`'s counters, `out.decision` but its sequence."""
    position, pending, decision = state.position, state.pending, out.decision
    enter = p.enter[inst.class_row, out.regime.code]
    clear(pending)
    if out.signal.ready and not out.validation.shift:
        position.halted = False
    if position.side != 0:
        action, reasons, blocking = manage(pending, position, out, bar.close, inst.lot, enter, p)
    else:
        action, reasons, blocking = consider(pending, position, out, enter)
    if _settled(out):
        action, blocking = CLOSE, -1
    decision.reasons = reasons | facts(out)
    decision.blocking = blocking
    if position.cool_down > 0 and position.side == 0:
        position.cool_down -= 1
    _publish(state, inst, bar, out, action)
