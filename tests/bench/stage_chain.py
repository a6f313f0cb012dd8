"""The engine's chain of stages, cut after any of them: the difference of two cuts is what a stage costs."""

from __future__ import annotations

from typing import Any

from worker.engine.kernel import kernel
from worker.engine.pipeline import _remember
from worker.engine.scoring.model import select_model
from worker.engine.stages import (
    anomaly,
    calibration,
    decision,
    execution,
    features,
    forecast,
    learning,
    normalization,
    patterns,
    regime,
    risk,
    signal,
    sizing,
    timeframes,
    validation,
)

STAGES = (
    "validation",
    "history",
    "normalization",
    "features",
    "patterns",
    "regime",
    "timeframes",
    "anomaly",
    "forecast",
    "learning",
    "execution",
    "signal",
    "calibration",
    "risk",
    "sizing",
    "decision",
)
EXECUTION = STAGES.index("execution")


@kernel
def _observe(derived, carry, market, inst, bar, out, p, last):  # type: ignore[no-untyped-def]
    validation.step(derived, carry, inst, bar, out, p.validation)
    if not out.validation.accepted or last < 1:
        return
    if out.validation.shift:
        market[:] = 0
    _remember(derived, bar, out)
    if last >= 2:
        normalization.step(derived, inst, bar, out, p.normalization)
    if last >= 3:
        features.step(derived, inst, bar, out, p.features)
    if last >= 4:
        patterns.step(derived, inst, bar, out, p.patterns)
    if last >= 5:
        regime.step(derived, inst, bar, out, p.regime)
    if last >= 6:
        timeframes.step(derived, inst, bar, out, p.timeframes, p.regime, p.validation.calendars)
    if last >= 7:
        anomaly.step(derived, inst, bar, out, p.anomaly)
    if last >= 8:
        forecast.step(derived, inst, bar, out, p.forecast)
    if last >= 9:
        learning.step(derived, inst, bar, out, p.learning, p.execution)


@kernel
def _decide(carry, derived, inst, bar, out, p, last, hook):  # type: ignore[no-untyped-def]
    carry.sequence += 1
    out.decision.sequence = carry.sequence
    if not out.validation.accepted:
        return
    select_model(out.model, out.learning)
    execution.step(carry, hook.standings[0], inst, bar, out, p.execution)
    if last >= 11:
        signal.step(carry, inst, bar, out, p.signal)
    if last >= 12:
        calibration.step(derived, inst, bar, out, p.calibration, p.execution)
    if last >= 13:
        risk.step(carry, inst, bar, out, p.risk)
    if last >= 14:
        sizing.step(carry, inst, bar, out, p.sizing)
    if last >= 15:
        decision.step(carry, inst, bar, out, p.decision)


@kernel
def chain(
    states: Any,
    raw: Any,
    span: Any,
    instruments: Any,
    slots: Any,
    order: Any,
    bars: Any,
    outs: Any,
    p: Any,
    last: int,
    hook: Any,
) -> None:
    """Both halves over one batch, up to the stage STAGES[last]; `span` = byte range that a level shift clears.

    `hook` is that of no strategy.
    """
    for i in range(order.size):
        row = order[i]
        slot = slots[row]
        derived, carry, market = states[slot].derived, states[slot].carry, raw[slot, span[0] : span[1]]
        _observe(derived, carry, market, instruments[slot], bars[row], outs[row], p, last)
    if last < EXECUTION:
        return
    for i in range(order.size):
        row = order[i]
        slot = slots[row]
        _decide(states[slot].carry, states[slot].derived, instruments[slot], bars[row], outs[row], p, last, hook)
