"""Annual volatility of the symbol, and the one-day loss figures of its position."""

from __future__ import annotations

import math

from worker.engine.kernel import embedded

YEAR_MS = 31_536_000_000  # 365 days
CALENDAR_DAYS = 365.0
SESSION_DAYS = 252.0
Z_99 = 2.3263478740408408
ES_99 = 2.665214220345808  # φ(Z_99) / 0.01


@embedded
def bars_per_year(inst, interval_ms):  # type: ignore[no-untyped-def]
    """The instrument's, or those of a market that never closes (domain §9)."""
    if inst.bars_per_year > 0.0:
        return inst.bars_per_year
    return YEAR_MS / interval_ms if interval_ms > 0 else math.nan


@embedded
def days_per_year(inst, bars):  # type: ignore[no-untyped-def]
    """Trading days a year: 252 with a session calendar, else 365, but no more than there are bars."""
    return min(SESSION_DAYS if inst.calendar >= 0 else CALENDAR_DAYS, bars)


@embedded
def annual_sigma(vol_yz, bars):  # type: ignore[no-untyped-def]
    """σ_ann = vol_yz_20·√(bars per year)."""
    return vol_yz * math.sqrt(bars)


@embedded
def day_sigma(sigma_ann, exposure, days):  # type: ignore[no-untyped-def]
    """One-day standard deviation of the position's result as a fraction of the budget; 0 when flat.

    §8.2's parametric form for a portfolio of this one position: w = exposure, one day by the square root of time,
    μ = 0 (a mean estimated over 20 bars is noise at this horizon). VaR99 = z·σ, ES99 = φ(z)/0.01·σ.
    """
    return sigma_ann / math.sqrt(days) * exposure if exposure > 0.0 else 0.0
