"""The quantity of an order: what the strategy says, within the limits that hold for every size."""

from __future__ import annotations

import math

from worker.engine.asking.intent import UNSAID
from worker.engine.kernel import embedded
from worker.engine.rounding import floor_to_step, to_tick_away, to_tick_toward
from worker.engine.stages.decision.bits import (
    ANOMALY,
    BELOW_MIN_SIZE,
    BUDGET_CAP,
    LIQUIDITY_GATE,
    WARMUP,
    when,
)
from worker.engine.stages.execution.account import multiplier
from worker.engine.stages.sizing import limit
from worker.engine.stages.sizing.methods import fixed_fractional, volatility_target
from worker.engine.stages.sizing.step import ANOMALY_SCALE


@embedded
def levels(sizing, intent, side, reference, tick):  # type: ignore[no-untyped-def]
    """Set stop and target on the tick grid; infinite where the strategy says none."""
    stop, target = intent.stop, intent.target
    sizing.stop = -side * math.inf if math.isnan(stop) else to_tick_away(stop, tick, reference)
    sizing.target = side * math.inf if math.isnan(target) else to_tick_toward(target, tick, reference)


@embedded
def own_size(intent):  # type: ignore[no-untyped-def]
    """Return whether the strategy leaves the size to the engine."""
    return intent.qty == UNSAID and intent.share == UNSAID and intent.risk == UNSAID


@embedded
def _own(intent, out, distance, mult, unit, held, p):  # type: ignore[no-untyped-def]
    """Return the size that the engine would take for a sure signal, times the strategy's strength."""
    risk = out.risk
    loss = distance if distance < math.inf else p.stop_atr * out.features.atr_14
    qty = fixed_fractional(risk.budget, p.risk_fraction, loss, mult)
    qty = min(qty, volatility_target(risk.vol_notional, unit))
    return qty * intent.strength * (risk.g_held if held else risk.g)


@embedded
def _wanted(intent, out, reference, stop, mult, held, p):  # type: ignore[no-untyped-def]
    """Return the quantity at a reference price above 0, scaled by the control record."""
    budget, scale, distance = out.risk.budget, out.risk.g_ctl, abs(reference - stop)
    unit = abs(reference) * mult
    if intent.qty != UNSAID:
        return intent.qty * scale
    if intent.share != UNSAID:
        return intent.share * budget / unit * scale
    if intent.risk != UNSAID:
        return fixed_fractional(budget, intent.risk, distance, mult) * scale
    return _own(intent, out, distance, mult, unit, held, p)


@embedded
def bounded(sizing, qty, out, unit, inst):  # type: ignore[no-untyped-def]
    """Set the quantity that the limits, the lot and the minimum leave of `qty`; `unit` = notional of one unit."""
    sizing.capped = False
    sizing.illiquid = False
    left = floor_to_step(limit(sizing, qty, out.risk, unit), inst.lot) if unit > 0.0 else 0.0
    sizing.below_min = not left > 0.0 or left < inst.min_qty or left * unit < inst.min_notional
    sizing.qty = 0.0 if sizing.below_min else left


@embedded
def size(intent, out, reference, stop, held, inst, p):  # type: ignore[no-untyped-def]
    """Set `out.sizing` to the size of an order at a reference price, whose loss is at `stop`."""
    sizing, mult = out.sizing, multiplier(inst)
    unit = abs(reference) * mult
    qty = _wanted(intent, out, reference, stop, mult, held, p.sizing) if unit > 0.0 else 0.0
    if p.strategy.rules & ANOMALY and out.anomaly.anomaly:
        qty *= ANOMALY_SCALE
    bounded(sizing, qty, out, unit, inst)


@embedded
def cuts(sizing):  # type: ignore[no-untyped-def]
    """Return the reasons that have cut the size."""
    return when(sizing.capped, BUDGET_CAP) | when(sizing.illiquid, LIQUIDITY_GATE)


@embedded
def too_small(intent, out):  # type: ignore[no-untyped-def]
    """Return the reasons for which nothing is left of the size."""
    sizing = out.sizing
    no_depth = sizing.illiquid and not out.risk.liquidity_cap > 0.0
    return (
        when(own_size(intent) and not out.signal.ready, WARMUP)
        | when(no_depth, LIQUIDITY_GATE)
        | when(sizing.below_min, BELOW_MIN_SIZE)
    )
