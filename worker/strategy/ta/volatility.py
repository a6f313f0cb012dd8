"""Ranges, spreads, channels and bands."""

from __future__ import annotations

from typing import NamedTuple

from worker.engine.strategy.indicators import arithmetic, averages, extremes, ranges, windows
from worker.engine.strategy.indicators.kind import Series
from worker.strategy.ta.averages import exponential, mean
from worker.strategy.ta.indicator import Bars, Indicator, Source, combined, made, quotient, read, window


class Channel(NamedTuple):
    """A channel around the price."""

    upper: Indicator
    middle: Indicator
    lower: Indicator


class Bands(NamedTuple):
    """Bollinger's bands, their width as a share of the middle, and the place of the price between them, 0 to 1."""

    upper: Indicator
    middle: Indicator
    lower: Indicator
    width: Indicator
    percent: Indicator


def true_range(bars: Bars) -> Series:
    """Return Wilder's true range."""
    return made(ranges.TRUE_RANGE, bars.high, bars.low, bars.close)


def true_range_average(bars: Bars, period: int) -> Series:
    """Return its Wilder average."""
    return made(averages.WILDER, true_range(bars), period=period)


def _deviation(series: Series, period: int, ddof: int = 0) -> Series:
    return made(windows.DEVIATION, series, period=period, x=1.0, y=float(ddof))


def tr(*, timeframe: str | None = None) -> Indicator:
    """Return the true range (TA-Lib TRANGE)."""
    return Indicator(true_range(Bars(timeframe)))


def atr(period: int = 14, *, timeframe: str | None = None) -> Indicator:
    """Return the average true range (TA-Lib ATR)."""
    return Indicator(true_range_average(Bars(timeframe), window(period)))


def natr(period: int = 14, *, timeframe: str | None = None) -> Indicator:
    """Return the average true range in percent of the close (TA-Lib NATR)."""
    bars = Bars(timeframe)
    return Indicator(quotient(true_range_average(bars, window(period)), bars.close, 100.0))


def var(period: int = 20, ddof: int = 0, *, source: Source = "close", timeframe: str | None = None) -> Indicator:
    """Return the variance (TA-Lib VAR); divisor `period` - `ddof`."""
    series = read(source, timeframe)
    return Indicator(made(windows.VARIANCE, series, period=window(period, ddof + 1), y=float(ddof)))


def stddev(period: int = 20, ddof: int = 0, *, source: Source = "close", timeframe: str | None = None) -> Indicator:
    """Return the standard deviation (TA-Lib STDDEV)."""
    return Indicator(_deviation(read(source, timeframe), window(period, ddof + 1), ddof))


def zscore(period: int = 20, *, source: Source = "close", timeframe: str | None = None) -> Indicator:
    """Return the distance from the mean in standard deviations; 0 where the window is flat."""
    series = read(source, timeframe)
    away = combined(1.0, series, -1.0, mean(series, window(period)))
    return Indicator(quotient(away, _deviation(series, period)))


def _channel(middle: Series, reach: Series, multiple: float) -> tuple[Series, Series]:
    return combined(1.0, middle, multiple, reach), combined(1.0, middle, -multiple, reach)


def bollinger(
    period: int = 20, multiple: float = 2.0, *, source: Source = "close", timeframe: str | None = None
) -> Bands:
    """Return Bollinger's bands (TA-Lib BBANDS)."""
    series = read(source, timeframe)
    middle = mean(series, window(period))
    upper, lower = _channel(middle, _deviation(series, period), multiple)
    span, above = combined(1.0, upper, -1.0, lower), combined(1.0, series, -1.0, lower)
    return Bands(*map(Indicator, (upper, middle, lower, quotient(span, middle), quotient(above, span, 1.0, 0.5))))


def keltner(
    period: int = 20,
    atr_period: int = 10,
    multiple: float = 2.0,
    *,
    source: Source = "typical",
    timeframe: str | None = None,
) -> Channel:
    """Return Keltner's channel: average true ranges around an exponential average, of the typical price (TA-Lib KC)."""
    middle = exponential(read(source, timeframe), window(period))
    upper, lower = _channel(middle, true_range_average(Bars(timeframe), window(atr_period)), multiple)
    return Channel(Indicator(upper), Indicator(middle), Indicator(lower))


def _extremes(bars: Bars, period: int) -> tuple[Series, Series]:
    return made(extremes.HIGHEST, bars.high, period=period), made(extremes.LOWEST, bars.low, period=period)


def donchian(period: int = 20, *, timeframe: str | None = None) -> Channel:
    """Return the highest high, the lowest low, this bar's included, and their middle (TA-Lib DONCHIAN)."""
    top, bottom = _extremes(Bars(timeframe), window(period))
    return Channel(Indicator(top), Indicator(combined(0.5, top, 0.5, bottom)), Indicator(bottom))


def midprice(period: int = 14, *, timeframe: str | None = None) -> Indicator:
    """Return the middle between the highest high and the lowest low (TA-Lib MIDPRICE)."""
    return donchian(period, timeframe=timeframe).middle


def midpoint(period: int = 14, *, source: Source = "close", timeframe: str | None = None) -> Indicator:
    """Return the middle between the highest and the lowest value (TA-Lib MIDPOINT)."""
    series = read(source, timeframe)
    top, bottom = made(extremes.HIGHEST, series, period=window(period)), made(extremes.LOWEST, series, period=period)
    return Indicator(combined(0.5, top, 0.5, bottom))


def highest(period: int = 20, *, source: Source = "high", timeframe: str | None = None) -> Indicator:
    """Return the highest value, this bar's included; of the high unless a source is given (TA-Lib MAX)."""
    return Indicator(made(extremes.HIGHEST, read(source, timeframe), period=window(period)))


def lowest(period: int = 20, *, source: Source = "low", timeframe: str | None = None) -> Indicator:
    """Return the lowest value, this bar's included; of the low unless a source is given (TA-Lib MIN)."""
    return Indicator(made(extremes.LOWEST, read(source, timeframe), period=window(period)))


def highest_age(period: int = 20, *, source: Source = "high", timeframe: str | None = None) -> Indicator:
    """Return the bars since the highest value, 0 = this bar; the newest of equal ones (TA-Lib MAXINDEX)."""
    return Indicator(made(extremes.HIGHEST_AGE, read(source, timeframe), period=window(period)))


def lowest_age(period: int = 20, *, source: Source = "low", timeframe: str | None = None) -> Indicator:
    """Return the bars since the lowest value, 0 = this bar; the newest of equal ones (TA-Lib MININDEX)."""
    return Indicator(made(extremes.LOWEST_AGE, read(source, timeframe), period=window(period)))


def root(indicator: Indicator) -> Indicator:
    """Return the square root; 0 of what is negative."""
    return Indicator(made(arithmetic.ROOT, indicator.series))
