"""Decisions of a flat symbol: whether to open, and every reason that forbids it."""

from __future__ import annotations

from worker.engine.kernel import embedded
from worker.engine.stages.decision.bits import (
    BELOW_MIN_SIZE,
    BUDGET_CAP,
    CONTROL_BLOCK,
    CONTROL_STALE,
    COOL_DOWN,
    CRISIS_BLOCK,
    DATA_QUARANTINE,
    DD_LIMIT,
    KILL_SWITCH,
    LEVEL_SHIFT,
    LIQUIDITY_GATE,
    QUALITY_GATE,
    SIGNAL_LONG,
    SIGNAL_SHORT,
    SIGNAL_WEAK,
    VOL_GATE,
    WARMUP,
    first,
    when,
)
from worker.engine.stages.decision.facts import direction
from worker.engine.stages.execution.orders import HOLD, OPEN_LONG, OPEN_SHORT, place

CRISIS = 5  # regime code
POOR = 1  # quality level
LIFT = 0.05  # least excess of a calibrated confidence over the base rate for a trade (decisions 24)


@embedded
def hard_gates(position, out):  # type: ignore[no-untyped-def]
    """Return the reasons that forbid any open at this bar, whoever decides."""
    validation, risk = out.validation, out.risk
    return (
        when(position.cool_down > 0, COOL_DOWN)
        | when(validation.level <= POOR, QUALITY_GATE)
        | when(validation.quarantine, DATA_QUARANTINE)
        | when(validation.shift or position.halted, LEVEL_SHIFT)
        | when(risk.dd_limit, DD_LIMIT)
        | when(risk.kill, KILL_SWITCH)
        | when(risk.blocked, CONTROL_BLOCK)
        | when(risk.stale, CONTROL_STALE)
    )


@embedded
def market_gates(out):  # type: ignore[no-untyped-def]
    """Return the reasons of the market that forbid opens of the rules."""
    return when(out.regime.code == CRISIS, CRISIS_BLOCK) | when(out.risk.vol_gate, VOL_GATE)


@embedded
def order(pending, position, out, atr):  # type: ignore[no-untyped-def]
    """Place the opening order with the values of this bar that its fill needs."""
    sizing = out.sizing
    place(pending, OPEN_LONG if sizing.side > 0 else OPEN_SHORT, sizing.side, sizing.qty, 0)
    pending.stop = sizing.stop
    pending.target = sizing.target
    pending.atr = atr
    pending.scale = out.risk.g_held
    pending.factor = sizing.factor


@embedded
def lifts(calibration):  # type: ignore[no-untyped-def]
    """Return whether such signals are right more often than this symbol's usual ones; true while unknown."""
    return not calibration.calibrated or calibration.confidence >= calibration.base_rate + LIFT


@embedded
def consider(pending, position, out, enter):  # type: ignore[no-untyped-def]
    """Return (action, reasons, blocking code) of a flat symbol; |final| alone gates before 100 labels (decisions 24).

    `enter` is the regime's threshold on |final|.
    """
    final = out.signal.final
    barred = hard_gates(position, out) | market_gates(out) | when(not out.signal.ready, WARMUP)
    if not (abs(final) >= enter and lifts(out.calibration)):
        barred |= when(out.signal.ready, SIGNAL_WEAK)
        return HOLD, barred, first(barred)
    sizing = out.sizing
    noted = direction(final, SIGNAL_LONG, SIGNAL_SHORT) | when(sizing.capped, BUDGET_CAP)
    no_depth = sizing.illiquid and not out.risk.liquidity_cap > 0.0
    noted |= when(sizing.illiquid, LIQUIDITY_GATE)
    barred |= when(no_depth, LIQUIDITY_GATE) | when(sizing.below_min, BELOW_MIN_SIZE)
    if barred != 0:
        return HOLD, noted | barred, first(barred)
    order(pending, position, out, out.features.atr_14)
    return pending.action, noted, -1
