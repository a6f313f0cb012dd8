"""Gates of opening orders: those that always hold, and the rules that the configuration names."""

from __future__ import annotations

from worker.engine.asking.intent import OK
from worker.engine.kernel import embedded
from worker.engine.stages.decision.bits import SIGNAL_WEAK, WARMUP, when
from worker.engine.stages.decision.opening import hard_gates, lifts, market_gates


@embedded
def gates(position, out, side, status, enter, rules):  # type: ignore[no-untyped-def]
    """Return the reasons that forbid more exposure on a side; `enter` is the regime's threshold on |final|."""
    weak = not (side * out.signal.final >= enter and lifts(out.calibration))
    soft = market_gates(out) | when(weak, SIGNAL_WEAK)
    return hard_gates(position, out) | when(status != OK, WARMUP) | (soft & rules)
