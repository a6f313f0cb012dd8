"""The stage's step: the quantity, stop and target a position of the signal's side would get at this close."""

from __future__ import annotations

import math

import numpy as np

from worker.engine.kernel import kernel
from worker.engine.rounding import floor_to_step, to_tick_away, to_tick_toward
from worker.engine.stages.execution.account import multiplier
from worker.engine.stages.sizing.methods import fixed_fractional, score_factor, volatility_target

ANOMALY_SCALE = 0.5  # of a new position at a bar unlike the recent ones (domain §7.5)

OUTPUT = np.dtype(
    [
        ("side", "i1"),  # of the held position, else of the signal
        ("capped", "?"),  # the notional limit of the budget or the control record binds
        ("illiquid", "?"),  # the limit of the traded value binds, or it is not known yet
        ("below_min", "?"),  # nothing that could be traded is left
        ("qty", "f8"),  # base units, on the lot grid
        ("factor", "f8"),  # confidence factor
        ("stop", "f8"),  # on the tick grid; NaN = not ready
        ("target", "f8"),
    ],
    align=True,
)


@kernel
def _levels(sizing, close, atr, tick, p):  # type: ignore[no-untyped-def]
    side = sizing.side
    sizing.stop = to_tick_away(close - side * p.stop_atr * atr, tick, close)
    sizing.target = to_tick_toward(close + side * p.target_atr * atr, tick, close)


@kernel
def _limit(sizing, qty, risk, unit):  # type: ignore[no-untyped-def]
    """`qty` within the notional limits; says which of them bind."""
    cap = risk.notional_cap / unit
    depth = risk.liquidity_cap / unit if risk.liquidity_cap > 0.0 else 0.0
    sizing.capped = qty > cap
    sizing.illiquid = qty > depth
    return min(qty, min(cap, depth))


@kernel
def _wanted(sizing, close, mult, risk, scale, p):  # type: ignore[no-untyped-def]
    """min(fixed-fractional, volatility target)·factor·g; Kelly needs 200 labels and there are none."""
    fixed = fixed_fractional(risk.budget, p.risk_fraction, abs(close - sizing.stop), mult)
    level = volatility_target(risk.vol_notional, abs(close) * mult)
    qty = min(fixed, level) * sizing.factor * scale
    return qty if qty > 0.0 else 0.0


@kernel
def _direction(final):  # type: ignore[no-untyped-def]
    return 1 if final > 0.0 else (-1 if final < 0.0 else 0)


@kernel
def step(state, inst, bar, out, p):  # type: ignore[no-untyped-def]
    """Size one accepted bar: writes `out.sizing`, remembers nothing.

    A held position is sized as if it were opened now on its side, with the confidence factor of its entry: the decay
    of the signal is the hysteresis' business, so a smaller target quantity means more volatility or less g.
    """
    position, risk, sizing = state.position, out.risk, out.sizing
    final = out.signal.final
    held = position.side != 0
    sizing.side = position.side if held else _direction(final)
    sizing.factor = position.factor if held else score_factor(final, p.full_score)
    _levels(sizing, bar.close, out.features.atr_14, inst.tick, p)
    mult = multiplier(inst)
    unit = abs(bar.close) * mult
    qty = 0.0
    sizing.capped = False
    sizing.illiquid = False
    if unit > 0.0 and sizing.side != 0 and not math.isnan(sizing.stop):
        scale = risk.g_held if held else risk.g * (ANOMALY_SCALE if out.anomaly.anomaly else 1.0)
        wanted = _wanted(sizing, bar.close, mult, risk, scale, p)
        qty = floor_to_step(_limit(sizing, wanted, risk, unit), inst.lot)
    sizing.below_min = not qty > 0.0 or qty < inst.min_qty or qty * unit < inst.min_notional
    sizing.qty = 0.0 if sizing.below_min else qty
