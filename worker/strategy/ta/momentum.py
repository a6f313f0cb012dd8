"""Oscillators and rates of change."""

from __future__ import annotations

from typing import Literal, NamedTuple

from worker.engine.strategy.indicators import arithmetic, averages, changes, extremes, ranges, volumes, windows
from worker.engine.strategy.indicators.kind import Series
from worker.errors import ConfigError
from worker.strategy.ta.averages import exponential, mean, total
from worker.strategy.ta.indicator import Bars, Indicator, Source, combined, made, quotient, read, window


class Stochastic(NamedTuple):
    """The oscillator and its signal."""

    k: Indicator
    d: Indicator


class Macd(NamedTuple):
    """The line, its signal, and the line above the signal."""

    line: Indicator
    signal: Indicator
    hist: Indicator


def _moves(series: Series, period: int) -> tuple[Series, Series]:
    gain, loss = made(changes.GAIN, series), made(changes.LOSS, series)
    return made(averages.WILDER, gain, period=period), made(averages.WILDER, loss, period=period)


def _strength(series: Series, period: int) -> Series:
    return made(arithmetic.SHARE, *_moves(series, period))


def rsi(period: int = 14, *, source: Source = "close", timeframe: str | None = None) -> Indicator:
    """Return Wilder's relative strength, 0 to 100; 50 where nothing has moved (TA-Lib RSI)."""
    return Indicator(_strength(read(source, timeframe), window(period)))


def cmo(period: int = 14, *, source: Source = "close", timeframe: str | None = None) -> Indicator:
    """Return Chande's momentum, -100 to 100; 0 where nothing has moved (TA-Lib CMO)."""
    return Indicator(made(arithmetic.BALANCE, *_moves(read(source, timeframe), window(period))))


def _place(value: Series, high: Series, low: Series, period: int, kind: int) -> Series:
    top, bottom = made(extremes.HIGHEST, high, period=period), made(extremes.LOWEST, low, period=period)
    return made(kind, value, top, bottom)


def stoch(period: int = 14, smooth: int = 3, signal: int = 3, *, timeframe: str | None = None) -> Stochastic:
    """Return Lane's stochastic: the place of the close in the range, its mean, and the mean of that (TA-Lib STOCH)."""
    bars = Bars(timeframe)
    fast = _place(bars.close, bars.high, bars.low, window(period), arithmetic.POSITION)
    k = mean(fast, window(smooth))
    return Stochastic(Indicator(k), Indicator(mean(k, window(signal))))


def stochrsi(
    period: int = 14,
    range_period: int = 14,
    smooth: int = 3,
    signal: int = 3,
    *,
    source: Source = "close",
    timeframe: str | None = None,
) -> Stochastic:
    """Return the stochastic of the relative strength; TA-Lib STOCHRSI is that with `smooth=1`."""
    strength = _strength(read(source, timeframe), window(period))
    k = mean(_place(strength, strength, strength, window(range_period), arithmetic.POSITION), window(smooth))
    return Stochastic(Indicator(k), Indicator(mean(k, window(signal))))


def willr(period: int = 14, *, timeframe: str | None = None) -> Indicator:
    """Return Williams' %R, -100 to 0; -50 where the range is flat (TA-Lib WILLR)."""
    bars = Bars(timeframe)
    return Indicator(_place(bars.close, bars.high, bars.low, window(period), arithmetic.BELOW))


def _apart(series: Series, fast: int, slow: int, average: Literal["ema", "sma"]) -> tuple[Series, Series]:
    each = mean if average == "sma" else exponential
    return each(series, window(fast)), each(series, window(slow))


def macd(
    fast: int = 12, slow: int = 26, signal: int = 9, *, source: Source = "close", timeframe: str | None = None
) -> Macd:
    """Return Appel's convergence and divergence of averages, both seeded at bar `slow` (TA-Lib MACD).

    Raises:
        ConfigError: `fast` is longer than `slow`.
    """
    series = read(source, timeframe)
    if window(fast) > window(slow):
        raise ConfigError("the fast period of macd is longer than the slow one", "Exchange them")
    line = combined(1.0, exponential(series, fast, delay=slow - fast), -1.0, exponential(series, slow))
    smoothed = exponential(line, window(signal))
    return Macd(Indicator(line), Indicator(smoothed), Indicator(combined(1.0, line, -1.0, smoothed)))


def apo(
    fast: int = 12,
    slow: int = 26,
    average: Literal["ema", "sma"] = "ema",
    *,
    source: Source = "close",
    timeframe: str | None = None,
) -> Indicator:
    """Return the difference of two averages (TA-Lib APO)."""
    quick, steady = _apart(read(source, timeframe), fast, slow, average)
    return Indicator(combined(1.0, quick, -1.0, steady))


def ppo(
    fast: int = 12,
    slow: int = 26,
    average: Literal["ema", "sma"] = "ema",
    *,
    source: Source = "close",
    timeframe: str | None = None,
) -> Indicator:
    """Return the difference of two averages in percent of the slow one (TA-Lib PPO)."""
    quick, steady = _apart(read(source, timeframe), fast, slow, average)
    return Indicator(quotient(combined(1.0, quick, -1.0, steady), steady, 100.0))


def mom(period: int = 10, *, source: Source = "close", timeframe: str | None = None) -> Indicator:
    """Return x - x `period` bars ago (TA-Lib MOM)."""
    return Indicator(made(changes.DIFFERENCE, read(source, timeframe), period=window(period)))


def roc(period: int = 10, *, source: Source = "close", timeframe: str | None = None) -> Indicator:
    """Return the change in percent (TA-Lib ROC); 0 where the value was 0."""
    return Indicator(made(changes.RATE, read(source, timeframe), period=window(period), x=100.0))


def trix(period: int = 15, *, source: Source = "close", timeframe: str | None = None) -> Indicator:
    """Return the change of the threefold exponential average in percent (TA-Lib TRIX)."""
    series = read(source, timeframe)
    for _ in range(3):
        series = exponential(series, window(period))
    return Indicator(made(changes.RATE, series, x=100.0))


def cci(period: int = 20, *, timeframe: str | None = None) -> Indicator:
    """Return Lambert's commodity channel index (TA-Lib CCI); 0 where the window is flat."""
    return Indicator(made(windows.CHANNEL_INDEX, Bars(timeframe).typical, period=window(period)))


def mfi(period: int = 14, *, timeframe: str | None = None) -> Indicator:
    """Return the money flow index, 0 to 100 (TA-Lib MFI); 50 without flow."""
    bars = Bars(timeframe)
    up, down = (made(kind, bars.typical, bars.volume) for kind in (volumes.FLOW_UP, volumes.FLOW_DOWN))
    return Indicator(made(arithmetic.SHARE, total(up, window(period)), total(down, period)))


def ultosc(short: int = 7, middle: int = 14, long: int = 28, *, timeframe: str | None = None) -> Indicator:
    """Return Williams' ultimate oscillator, 0 to 100 (TA-Lib ULTOSC)."""
    bars = Bars(timeframe)
    pressure = made(ranges.PRESSURE, bars.low, bars.close)
    span = made(ranges.TRUE_RANGE, bars.high, bars.low, bars.close)
    each = [quotient(total(pressure, window(n)), total(span, n)) for n in (short, middle, long)]
    both = combined(1.0, combined(4.0, each[0], 2.0, each[1]), 1.0, each[2])
    return Indicator(made(arithmetic.SCALE, both, x=100.0 / 7.0))


def ao(fast: int = 5, slow: int = 34, *, timeframe: str | None = None) -> Indicator:
    """Return the awesome oscillator: the difference of two means of (h + l)/2 (TA-Lib AO)."""
    middle = Bars(timeframe).median
    return Indicator(combined(1.0, mean(middle, window(fast)), -1.0, mean(middle, window(slow))))


def bop(*, timeframe: str | None = None) -> Indicator:
    """Return the balance of power, (c - o)/(h - l) (TA-Lib BOP); 0 where the bar has no range."""
    bars = Bars(timeframe)
    body, span = combined(1.0, bars.close, -1.0, bars.open), combined(1.0, bars.high, -1.0, bars.low)
    return Indicator(quotient(body, span))


def tsi(slow: int = 25, fast: int = 13, *, source: Source = "close", timeframe: str | None = None) -> Indicator:
    """Return the true strength: the twice smoothed change in percent of its size."""
    change = made(changes.DIFFERENCE, read(source, timeframe))
    size = made(arithmetic.ABSOLUTE, change)
    moved, went = (exponential(exponential(each, window(slow)), window(fast)) for each in (change, size))
    return Indicator(quotient(moved, went, 100.0))
