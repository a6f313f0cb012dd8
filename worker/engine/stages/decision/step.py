"""The stage's step: decide at the close of an accepted bar the action at the next open, and publish it."""

from __future__ import annotations

from worker.engine.kernel import embedded
from worker.engine.stages.decision.facts import facts
from worker.engine.stages.decision.holding import manage
from worker.engine.stages.decision.opening import consider
from worker.engine.stages.decision.publish import publish, settled
from worker.engine.stages.execution.orders import CLOSE, clear


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
    if settled(out):
        action, blocking = CLOSE, -1
    decision.reasons = reasons | facts(out)
    decision.blocking = blocking
    if position.cool_down > 0 and position.side == 0:
        position.cool_down -= 1
    publish(state, inst, bar, out, action)
