"""The stage's step: the risk limits of this symbol at this close."""

from __future__ import annotations

import numpy as np

from worker.engine.kernel import embedded
from worker.engine.stages.execution.account import multiplier
from worker.engine.stages.risk import liquidity, volatility
from worker.engine.stages.risk.control import multiplier_of, stale
from worker.engine.stages.risk.drawdown import DRAWDOWN, update
from worker.engine.stages.risk.scaling import drawdown_scale, quality_scale

STATE = np.dtype([("drawdown", DRAWDOWN), ("traded", liquidity.TRADED)], align=True)

OUTPUT = np.dtype(
    [
        ("sigma_ann", "f8"),
        ("var99", "f8"),  # one day, fraction of the budget
        ("es99", "f8"),
        ("dd", "f8"),
        ("g", "f8"),  # for a new position
        ("g_held", "f8"),  # for a held one: without the quality factor, which is for new positions (domain §1.3)
        ("g_regime", "f8"),
        ("g_dd", "f8"),
        ("g_quality", "f8"),
        ("g_ctl", "f8"),
        ("budget", "f8"),  # quote currency
        ("vol_notional", "f8"),  # notional with the target volatility, quote currency; NaN = not ready
        ("notional_cap", "f8"),  # of the control record and the budget
        ("liquidity_cap", "f8"),  # of the traded value; NaN = not ready, Inf = no limit
        ("control_version", "i8"),
        ("control_all_version", "i8"),
        ("vol_gate", "?"),  # too volatile to open
        ("dd_limit", "?"),  # at the hard drawdown limit or in the cool-down after it
        ("kill", "?"),
        ("blocked", "?"),  # the control record forbids opens
        ("stale", "?"),  # the control record is too old to open on
    ],
    align=True,
)


@embedded
def _figures(risk, position, inst, bar, vol_yz, typical, own, max_sigma):  # type: ignore[no-untyped-def]
    bars = volatility.bars_per_year(inst, bar.interval_ms, own)
    sigma = volatility.annual_sigma(vol_yz, bars)
    exposure = position.qty * abs(bar.close) * multiplier(inst) / own.budget
    day = volatility.day_sigma(sigma, exposure, min(own.year_days, bars))
    risk.sigma_ann = sigma
    risk.var99 = volatility.Z_99 * day
    risk.es99 = volatility.ES_99 * day
    risk.vol_notional = own.budget * own.sigma_target / sigma if sigma > 0.0 else np.nan
    # Relative to the symbol's own median: no absolute level of volatility is too much for every market.
    risk.vol_gate = vol_yz > own.vol_gate * typical or sigma > max_sigma


@embedded
def _scales(risk, code, level, limits, p):  # type: ignore[no-untyped-def]
    risk.g_regime = p.regime_scale[code]
    risk.g_dd = drawdown_scale(risk.dd, p.dd_soft, p.dd_hard)
    risk.g_quality = quality_scale(level)
    risk.g_ctl = multiplier_of(limits)
    risk.g_held = risk.g_regime * risk.g_dd * risk.g_ctl
    risk.g = risk.g_held * risk.g_quality


@embedded
def _limits(risk, state, bar, limits, own, p):  # type: ignore[no-untyped-def]
    risk.budget = own.budget
    # A NaN cap allows nothing: the comparison is then false.
    cap = own.budget * p.position_limit
    risk.notional_cap = min(cap, limits.max_notional) if limits.max_notional >= 0.0 else 0.0
    risk.liquidity_cap = own.liquidity * liquidity.mean(state.traded) if own.liquidity > 0.0 else np.inf
    risk.control_version = limits.version
    risk.control_all_version = limits.all_version
    risk.kill = limits.kill
    risk.blocked = not limits.allow_open or risk.g_ctl == 0.0
    risk.stale = stale(limits, bar.ingest_ts, bar.interval_ms, p.control_max_age_ms, p.control_max_intervals)


@embedded
def step(state, inst, bar, out, p):  # type: ignore[no-untyped-def]
    """Compute the risk figures of one accepted bar, after the mark to market: write `state.risk` and `out.risk`."""
    position, kept, risk, limits = state.position, state.risk, out.risk, p.limits[out.control]
    own, regime = p.rows[inst.class_row], out.regime
    liquidity.push(kept.traded, abs(bar.close) * bar.volume * multiplier(inst))
    pnl = position.realised + position.unrealised
    risk.dd = update(kept.drawdown, pnl, own.budget, p.dd_limit, p.dd_cool_down)
    risk.dd_limit = kept.drawdown.limit_bars > 0
    _figures(risk, position, inst, bar, out.features.vol_yz_20, regime.typical, own, p.max_sigma)
    _scales(risk, regime.code, out.validation.level, limits, p)
    _limits(risk, kept, bar, limits, own, p)
