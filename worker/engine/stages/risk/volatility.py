"""Annual volatility of the symbol, and the one-day loss figures of its position."""

from __future__ import annotations

import math

from worker.engine.kernel import embedded

YEAR_MS = 31_536_000_000.0  # 365 days
Z_99 = 2.3263478740408408
ES_99 = 2.665214220345808  # φ(Z_99) / 0.01


@embedded
def bars_per_year(inst, interval_ms, own):  # type: ignore[no-untyped-def]
    """Return the bars in a year: the instrument's, or trading days times the bars that begin in one (domain §9).

    There are 7 bars of an hour in 6.5 hours. The result is at most what fits into a year. `own` is the class's row.
    """
    if inst.bars_per_year > 0.0:
        return inst.bars_per_year
    if interval_ms <= 0:
        return math.nan
    return min(own.year_days * math.ceil(own.day_ms / interval_ms), YEAR_MS / interval_ms)


@embedded
def annual_sigma(vol_yz, bars):  # type: ignore[no-untyped-def]
    """Return σ_ann = vol_yz_20·√(bars per year)."""
    return vol_yz * math.sqrt(bars)


@embedded
def day_sigma(sigma_ann, exposure, days):  # type: ignore[no-untyped-def]
    """Return the one-day standard deviation of the position's result as a fraction of the budget; 0 when flat.

    It is §8.2's parametric form for a portfolio of this one position: w = exposure, one day by the square root of time,
    μ = 0 (a mean estimated over 20 bars is noise at this horizon). VaR99 = z·σ, ES99 = φ(z)/0.01·σ.
    """
    return sigma_ann / math.sqrt(days) * exposure if exposure > 0.0 else 0.0
