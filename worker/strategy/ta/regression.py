"""Least squares lines and correlation."""

from __future__ import annotations

from worker.engine.strategy.indicators import regression
from worker.strategy.ta.indicator import Indicator, Source, made, read, window


def slope(period: int = 14, *, source: Source = "close", timeframe: str | None = None) -> Indicator:
    """Return the slope a bar of the line through `period` values (TA-Lib LINEARREG_SLOPE)."""
    return Indicator(made(regression.SLOPE, read(source, timeframe), period=window(period, 2)))


def linreg(period: int = 14, *, source: Source = "close", timeframe: str | None = None) -> Indicator:
    """Return the line's value at this bar (TA-Lib LINEARREG)."""
    return Indicator(made(regression.LINE, read(source, timeframe), period=window(period, 2)))


def intercept(period: int = 14, *, source: Source = "close", timeframe: str | None = None) -> Indicator:
    """Return the line's value at the oldest bar (TA-Lib LINEARREG_INTERCEPT)."""
    return Indicator(made(regression.LINE, read(source, timeframe), period=window(period, 2), x=1.0 - period))


def tsf(period: int = 14, *, source: Source = "close", timeframe: str | None = None) -> Indicator:
    """Return the line's value at the bar that comes (TA-Lib TSF)."""
    return Indicator(made(regression.LINE, read(source, timeframe), period=window(period, 2), x=1.0))


def correl(a: Indicator, b: Indicator, period: int = 30) -> Indicator:
    """Return Pearson's correlation of two series (TA-Lib CORREL); 0 where either is flat."""
    return Indicator(made(regression.CORRELATION, a.series, b.series, period=window(period, 2)))
