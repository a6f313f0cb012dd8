"""The deciding half one stage at a time, so that user objects can run between the stages."""

from __future__ import annotations

from typing import Any

from worker.engine.kernel import kernel
from worker.engine.pipeline import count, find_decision, find_risk, find_signal, find_size

SIGNAL, RISK, SIZING, DECISION = range(4)


@kernel
def decide_part(
    states: Any, instruments: Any, slot: int, row: int, bars: Any, outs: Any, part: int, p: Any, hook: Any
) -> None:
    """Run one stage of `pipeline.decide` for a record with a slot; `part` SIGNAL numbers it and fills before.

    `hook` is that of no strategy.
    """
    carry, inst, bar, out = states[slot].carry, instruments[slot], bars[row], outs[row]
    if part == SIGNAL:
        count(carry, out)
    if not out.validation.accepted:
        return
    if part == SIGNAL:
        find_signal(carry, hook.standings[0], inst, bar, out, outs, row, p)
    elif part == RISK:
        # After the user object that may have changed the signal.
        find_risk(states[slot].derived, carry, inst, bar, out, outs, row, p)
    elif part == SIZING:
        find_size(carry, inst, bar, out, outs, row, p)
    else:
        find_decision(carry, inst, bar, out, outs, row, p)
