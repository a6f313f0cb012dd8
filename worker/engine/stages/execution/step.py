"""The stage's step: fill, protective exits, mark to market."""

from __future__ import annotations

from worker.engine.kernel import embedded
from worker.engine.stages.execution.account import mark, reset
from worker.engine.stages.execution.fills import cancel, fill
from worker.engine.stages.execution.orders import HOLD
from worker.engine.stages.execution.protection import protect, settle


@embedded
def step(state, inst, bar, out, p):  # type: ignore[no-untyped-def]
    """Run steps 1 to 3 of domain §10 for one accepted bar: write `state.position`, `state.pending`, `out.execution`.

    Read nothing of this bar's features, regime or signal (decisions 18).
    """
    position, pending, done, own = state.position, state.pending, out.execution, p.rows[inst.class_row]
    reset(done)
    if out.validation.shift or out.validation.expired:
        cancel(pending, done)
    if out.validation.shift:
        if position.side != 0:
            settle(position, done, bar.close, inst, own)
    else:
        if pending.action != HOLD:
            fill(position, pending, done, bar, inst, own)
        if position.side != 0:
            protect(position, done, bar, out.validation.high, out.validation.low, inst, own)
    mark(position, bar.close, inst)
