"""What volume tells."""

from __future__ import annotations

from worker.engine.strategy.indicators import arithmetic, averages, changes, volumes
from worker.engine.strategy.indicators.kind import Series
from worker.strategy.ta.averages import exponential, total
from worker.strategy.ta.indicator import Bars, Indicator, combined, made, quotient, window


def _accumulated(bars: Bars) -> Series:
    return made(volumes.ACCUMULATION, bars.high, bars.low, bars.close, bars.volume)


def obv(*, timeframe: str | None = None) -> Indicator:
    """Return Granville's balance of volume since the symbol's first bar (TA-Lib OBV)."""
    bars = Bars(timeframe)
    return Indicator(made(averages.TOTAL, made(volumes.SIGNED, bars.close, bars.volume)))


def ad(*, timeframe: str | None = None) -> Indicator:
    """Return Chaikin's accumulation since the symbol's first bar (TA-Lib AD)."""
    return Indicator(made(averages.TOTAL, _accumulated(Bars(timeframe))))


def adosc(fast: int = 3, slow: int = 10, *, timeframe: str | None = None) -> Indicator:
    """Return the difference of two exponential averages of `ad`, seeded with its first value (TA-Lib ADOSC)."""
    line = made(averages.TOTAL, _accumulated(Bars(timeframe)))
    quick, steady = (exponential(line, window(period), seed=1) for period in (fast, slow))
    return Indicator(combined(1.0, quick, -1.0, steady))


def cmf(period: int = 20, *, timeframe: str | None = None) -> Indicator:
    """Return Chaikin's money flow, -1 to 1 (TA-Lib CMF); 0 without volume."""
    bars = Bars(timeframe)
    return Indicator(quotient(total(_accumulated(bars), window(period)), total(bars.volume, period)))


def vwap(period: int = 20, *, timeframe: str | None = None) -> Indicator:
    """Return the mean of the typical price of `period` bars, weighted by volume.

    Where nothing was traded it is the typical price.
    """
    bars = Bars(timeframe)
    traded = made(arithmetic.MULTIPLY, bars.typical, bars.volume)
    sums = total(traded, window(period)), total(bars.volume, period)
    return Indicator(made(arithmetic.FALL_BACK, *sums, bars.typical))


def efi(period: int = 13, *, timeframe: str | None = None) -> Indicator:
    """Return Elder's force: the exponential average of change times volume (TA-Lib EFI)."""
    bars = Bars(timeframe)
    force = made(arithmetic.MULTIPLY, made(changes.DIFFERENCE, bars.close), bars.volume)
    return Indicator(exponential(force, window(period)))
