"""Moving averages."""

from __future__ import annotations

from math import isqrt

from worker.engine.strategy.indicators import arithmetic, averages, changes, windows
from worker.engine.strategy.indicators.kind import Series
from worker.strategy.ta.indicator import Bars, Indicator, Source, combined, made, read, window


def exponential(series: Series, period: int, *, seed: int | None = None, delay: int = 0) -> Series:
    """Return the average with k = 2/(period + 1), seeded with the mean of the first `seed` values."""
    return made(averages.EXPONENTIAL, series, period=seed or period, x=2.0 / (period + 1), delay=delay)


def mean(series: Series, period: int) -> Series:
    """Return the plain average."""
    return made(windows.MEAN, series, period=period)


def total(series: Series, period: int) -> Series:
    """Return the sum of a window."""
    return made(windows.SUM, series, period=period)


def linear(series: Series, period: int) -> Series:
    """Return the average with weights 1 to `period`."""
    return made(windows.LINEAR_WEIGHTED, series, period=period)


def sma(period: int = 20, *, source: Source = "close", timeframe: str | None = None) -> Indicator:
    """Return the mean of `period` values (TA-Lib SMA)."""
    return Indicator(mean(read(source, timeframe), window(period)))


def ema(period: int = 20, *, source: Source = "close", timeframe: str | None = None) -> Indicator:
    """Return the exponential average, seeded with the mean of the first `period` values (TA-Lib EMA)."""
    return Indicator(exponential(read(source, timeframe), window(period)))


def rma(period: int = 14, *, source: Source = "close", timeframe: str | None = None) -> Indicator:
    """Return Wilder's average, k = 1/period, seeded with the mean of the first `period` values."""
    return Indicator(made(averages.WILDER, read(source, timeframe), period=window(period)))


def wma(period: int = 20, *, source: Source = "close", timeframe: str | None = None) -> Indicator:
    """Return the average with weights 1 for the oldest to `period` (TA-Lib WMA)."""
    return Indicator(linear(read(source, timeframe), window(period)))


def dema(period: int = 20, *, source: Source = "close", timeframe: str | None = None) -> Indicator:
    """Return 2·EMA - EMA of EMA (TA-Lib DEMA)."""
    first = exponential(read(source, timeframe), window(period))
    return Indicator(combined(2.0, first, -1.0, exponential(first, period)))


def tema(period: int = 20, *, source: Source = "close", timeframe: str | None = None) -> Indicator:
    """Return 3·EMA - 3·EMA² + EMA³ (TA-Lib TEMA)."""
    first = exponential(read(source, timeframe), window(period))
    second = exponential(first, period)
    return Indicator(combined(1.0, combined(3.0, first, -3.0, second), 1.0, exponential(second, period)))


def trima(period: int = 20, *, source: Source = "close", timeframe: str | None = None) -> Indicator:
    """Return the average with weights that rise to the middle (TA-Lib TRIMA)."""
    half = (window(period) + 1) // 2
    return Indicator(mean(mean(read(source, timeframe), half), period + 1 - half))


def kama(
    period: int = 10, fast: int = 2, slow: int = 30, *, source: Source = "close", timeframe: str | None = None
) -> Indicator:
    """Return Kaufman's adaptive average (TA-Lib KAMA)."""
    series = read(source, timeframe)
    steps = made(arithmetic.ABSOLUTE, made(changes.DIFFERENCE, series))
    slowest = 2.0 / (window(slow) + 1)
    path = total(steps, window(period))
    return Indicator(
        made(averages.KAUFMAN, series, path, period=period, x=2.0 / (window(fast) + 1) - slowest, y=slowest)
    )


def hma(period: int = 20, *, source: Source = "close", timeframe: str | None = None) -> Indicator:
    """Return Hull's average: WMA over √period values of 2·WMA(period/2) - WMA(period) (TA-Lib HMA)."""
    series = read(source, timeframe)
    faster = combined(2.0, linear(series, window(period, 2) // 2), -1.0, linear(series, period))
    return Indicator(linear(faster, isqrt(period)))


def t3(period: int = 5, factor: float = 0.7, *, source: Source = "close", timeframe: str | None = None) -> Indicator:
    """Return Tillson's sixfold exponential average (TA-Lib T3)."""
    each = [exponential(read(source, timeframe), window(period))]
    for _ in range(5):
        each.append(exponential(each[-1], period))
    square, cube = factor * factor, factor * factor * factor
    late = combined(-cube, each[5], 3.0 * (square + cube), each[4])
    early = combined(-6.0 * square - 3.0 * (factor + cube), each[3], 1.0 + 3.0 * (factor + square) + cube, each[2])
    return Indicator(combined(1.0, late, 1.0, early))


def zlema(period: int = 20, *, source: Source = "close", timeframe: str | None = None) -> Indicator:
    """Return the EMA of 2x - x half a period ago (TA-Lib ZLEMA)."""
    series, back = read(source, timeframe), (window(period, 3) - 1) // 2
    return Indicator(exponential(combined(2.0, series, -1.0, made(changes.LAG, series, period=back)), period))


def vwma(period: int = 20, *, source: Source = "close", timeframe: str | None = None) -> Indicator:
    """Return the mean weighted by volume (TA-Lib VWMA); the value itself where nothing was traded."""
    bars, series = Bars(timeframe), read(source, timeframe)
    traded = made(arithmetic.MULTIPLY, series, bars.volume)
    sums = total(traded, window(period)), total(bars.volume, period)
    return Indicator(made(arithmetic.FALL_BACK, *sums, series))


def rolling_sum(period: int = 20, *, source: Source = "close", timeframe: str | None = None) -> Indicator:
    """Return the sum of `period` values (TA-Lib SUM)."""
    return Indicator(total(read(source, timeframe), window(period)))
