"""The stage's step: quantity, stop and target of a position on the signal's side at this close."""

from __future__ import annotations

import math

import numpy as np

from worker.engine.kernel import embedded
from worker.engine.rounding import floor_to_step, to_tick_away, to_tick_toward
from worker.engine.stages.execution.account import multiplier
from worker.engine.stages.sizing.methods import (
    confidence_factor,
    fixed_fractional,
    kelly,
    score_factor,
    volatility_target,
)

KELLY_LABELS = 200  # from which Kelly's method limits the size
ANOMALY_SCALE = 0.5  # factor on a new position at an anomalous bar (domain §7.5)

OUTPUT = np.dtype(
    [
        ("side", "i1"),  # of the held position, else of the signal
        ("capped", "?"),  # the notional limit of the budget or the control record binds
        ("illiquid", "?"),  # the limit of the traded value binds, or is not known yet
        ("below_min", "?"),  # too little is left to trade
        ("qty", "f8"),  # base units, on the lot grid
        ("factor", "f8"),  # confidence factor
        ("stop", "f8"),  # on the tick grid; NaN = not ready
        ("target", "f8"),
    ],
    align=True,
)


@embedded
def _levels(sizing, close, atr, tick, p):  # type: ignore[no-untyped-def]
    side = sizing.side
    sizing.stop = to_tick_away(close - side * p.stop_atr * atr, tick, close)
    sizing.target = to_tick_toward(close + side * p.target_atr * atr, tick, close)


@embedded
def limit(sizing, qty, risk, unit):  # type: ignore[no-untyped-def]
    """Limit `qty` by the notional limits, and note which of them bind."""
    cap = risk.notional_cap / unit
    depth = risk.liquidity_cap / unit if risk.liquidity_cap > 0.0 else 0.0
    sizing.capped = qty > cap
    sizing.illiquid = qty > depth
    return min(qty, min(cap, depth))


@embedded
def _wanted(sizing, close, mult, out, held, p):  # type: ignore[no-untyped-def]
    """Return min(fixed-fractional, volatility target, Kelly from 200 labels on)·factor·g; Kelly for new ones only."""
    risk, calibration, distance = out.risk, out.calibration, abs(close - sizing.stop)
    qty = fixed_fractional(risk.budget, p.risk_fraction, distance, mult)
    qty = min(qty, volatility_target(risk.vol_notional, abs(close) * mult))
    if not held and calibration.calibrated and calibration.labels >= KELLY_LABELS:
        p_right, odds = calibration.confidence, p.target_atr / p.stop_atr
        qty = min(qty, kelly(risk.budget, p_right, calibration.labels, odds, distance * mult))
    scale = risk.g_held if held else risk.g * (ANOMALY_SCALE if out.anomaly.anomaly else 1.0)
    qty = qty * sizing.factor * scale
    return qty if qty > 0.0 else 0.0


@embedded
def _factor(out, p):  # type: ignore[no-untyped-def]
    """Return the confidence factor of a new position."""
    if out.calibration.calibrated:
        return confidence_factor(out.calibration.confidence)
    return score_factor(out.signal.final, p.full_score)


@embedded
def _direction(final):  # type: ignore[no-untyped-def]
    return 1 if final > 0.0 else (-1 if final < 0.0 else 0)


@embedded
def step(state, inst, bar, out, p):  # type: ignore[no-untyped-def]
    """Size one accepted bar: write `out.sizing`, keep no state.

    A held position is sized as if it were opened now on its side, with the confidence factor of its entry. The decay of
    the signal is left to the hysteresis, so a smaller target quantity means more volatility or less g.
    """
    position, risk, sizing = state.position, out.risk, out.sizing
    final = out.signal.final
    held = position.side != 0
    sizing.side = position.side if held else _direction(final)
    sizing.factor = position.factor if held else _factor(out, p)
    _levels(sizing, bar.close, out.features.atr_14, inst.tick, p)
    mult = multiplier(inst)
    unit = abs(bar.close) * mult
    qty = 0.0
    sizing.capped = False
    sizing.illiquid = False
    if unit > 0.0 and sizing.side != 0 and not math.isnan(sizing.stop):
        wanted = _wanted(sizing, bar.close, mult, out, held, p)
        qty = floor_to_step(limit(sizing, wanted, risk, unit), inst.lot)
    sizing.below_min = not qty > 0.0 or qty < inst.min_qty or qty * unit < inst.min_notional
    sizing.qty = 0.0 if sizing.below_min else qty
