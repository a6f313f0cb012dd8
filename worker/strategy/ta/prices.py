"""Prices and volume of a bar, and what they were."""

from __future__ import annotations

from worker.engine.strategy.indicators import arithmetic, changes
from worker.strategy.ta.indicator import Bars, Indicator, Source, combined, made, quotient, read, window


def open(*, timeframe: str | None = None) -> Indicator:
    """Return the first price."""
    return Indicator(Bars(timeframe).open)


def high(*, timeframe: str | None = None) -> Indicator:
    """Return the highest price."""
    return Indicator(Bars(timeframe).high)


def low(*, timeframe: str | None = None) -> Indicator:
    """Return the lowest price."""
    return Indicator(Bars(timeframe).low)


def close(*, timeframe: str | None = None) -> Indicator:
    """Return the last price."""
    return Indicator(Bars(timeframe).close)


def volume(*, timeframe: str | None = None) -> Indicator:
    """Return the volume."""
    return Indicator(Bars(timeframe).volume)


def typical(*, timeframe: str | None = None) -> Indicator:
    """Return (h + l + c)/3 (TA-Lib TYPPRICE)."""
    return Indicator(Bars(timeframe).typical)


def median(*, timeframe: str | None = None) -> Indicator:
    """Return (h + l)/2 (TA-Lib MEDPRICE)."""
    return Indicator(Bars(timeframe).median)


def weighted(*, timeframe: str | None = None) -> Indicator:
    """Return (h + l + 2c)/4 (TA-Lib WCLPRICE)."""
    return Indicator(Bars(timeframe).weighted)


def average(*, timeframe: str | None = None) -> Indicator:
    """Return (o + h + l + c)/4 (TA-Lib AVGPRICE)."""
    return Indicator(Bars(timeframe).average)


def lag(period: int = 1, *, source: Source = "close", timeframe: str | None = None) -> Indicator:
    """Return the value `period` bars ago."""
    return Indicator(made(changes.LAG, read(source, timeframe), period=window(period)))


def log_return(period: int = 1, *, source: Source = "close", timeframe: str | None = None) -> Indicator:
    """Return ln(x / x `period` bars ago); not known where either is not positive."""
    return Indicator(made(changes.LOG_RETURN, read(source, timeframe), period=window(period)))


def add(a: Indicator, b: Indicator) -> Indicator:
    """Return a + b."""
    return Indicator(combined(1.0, a.series, 1.0, b.series))


def subtract(a: Indicator, b: Indicator) -> Indicator:
    """Return a - b."""
    return Indicator(combined(1.0, a.series, -1.0, b.series))


def multiply(a: Indicator, b: Indicator) -> Indicator:
    """Return a·b."""
    return Indicator(made(arithmetic.MULTIPLY, a.series, b.series))


def divide(a: Indicator, b: Indicator) -> Indicator:
    """Return a/b; 0 where b is 0."""
    return Indicator(quotient(a.series, b.series))


def optional(indicator: Indicator) -> Indicator:
    """Return the indicator; the step is called though it is not known, and reads NaN then."""
    return indicator._replace(optional=True)
