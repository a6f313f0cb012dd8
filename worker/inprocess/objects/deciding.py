"""The deciding half one stage at a time, so that user objects can stand between the stages."""

from __future__ import annotations

from typing import Any

from worker.engine.kernel import kernel
from worker.engine.scoring.model import select_model
from worker.engine.stages import calibration, decision, execution, risk, signal, sizing

SIGNAL, RISK, SIZING, DECISION = range(4)


@kernel
def decide_part(states: Any, instruments: Any, slot: int, row: int, bars: Any, outs: Any, part: int, p: Any) -> None:
    """One stage of `pipeline.decide` for one record that has a slot; SIGNAL numbers it and does the fills first."""
    carry, inst, bar, out = states[slot].carry, instruments[slot], bars[row], outs[row]
    if part == SIGNAL and (out.validation.accepted or carry.sequence > 0):
        carry.sequence += 1
        out.decision.sequence = carry.sequence
    if not out.validation.accepted:
        return
    if part == SIGNAL:
        select_model(out.model, out.learning)
        execution.step(carry, inst, bar, out, p.execution)
        signal.step(carry, inst, bar, out, p.signal)
    elif part == RISK:
        # After the object that may have changed the signal.
        calibration.step(states[slot].derived, inst, bar, out, p.calibration, p.execution)
        risk.step(carry, inst, bar, out, p.risk)
    elif part == SIZING:
        sizing.step(carry, inst, bar, out, p.sizing)
    else:
        decision.step(carry, inst, bar, out, p.decision)
