"""Direction and strength of a trend, and stops that follow it."""

from __future__ import annotations

from typing import NamedTuple

from worker.engine.strategy.indicators import arithmetic, averages, changes, extremes, ranges, trailing
from worker.engine.strategy.indicators.kind import Series
from worker.strategy.ta.averages import total
from worker.strategy.ta.indicator import Bars, Indicator, combined, made, quotient, window
from worker.strategy.ta.volatility import true_range_average


class Aroon(NamedTuple):
    """How fresh the highest high and the lowest low are, and the difference."""

    up: Indicator
    down: Indicator
    osc: Indicator


class Vortex(NamedTuple):
    """Movement up and down, as shares of the range."""

    plus: Indicator
    minus: Indicator


class Supertrend(NamedTuple):
    """The stop, and the side of the trend: 1 above the stop, -1 below."""

    line: Indicator
    side: Indicator


class Ichimoku(NamedTuple):
    """Conversion, base, and the two edges of the cloud as they stand at this bar."""

    tenkan: Indicator
    kijun: Indicator
    span_a: Indicator
    span_b: Indicator


def _directions(bars: Bars, period: int) -> tuple[Series, Series]:
    span = made(averages.DECAYED, made(ranges.TRUE_RANGE, bars.high, bars.low, bars.close), period=period)
    moves = (made(kind, bars.high, bars.low) for kind in (ranges.RISE, ranges.FALL))
    plus, minus = (quotient(made(averages.DECAYED, each, period=period), span, 100.0) for each in moves)
    return plus, minus


def _strength(bars: Bars, period: int) -> Series:
    return made(ranges.DIRECTION_AVERAGE, *_directions(bars, period), period=period)


def plus_di(period: int = 14, *, timeframe: str | None = None) -> Indicator:
    """Return Wilder's movement up, 0 to 100 (TA-Lib PLUS_DI)."""
    return Indicator(_directions(Bars(timeframe), window(period, 2))[0])


def minus_di(period: int = 14, *, timeframe: str | None = None) -> Indicator:
    """Return Wilder's movement down, 0 to 100 (TA-Lib MINUS_DI)."""
    return Indicator(_directions(Bars(timeframe), window(period, 2))[1])


def dx(period: int = 14, *, timeframe: str | None = None) -> Indicator:
    """Return the strength of the direction of one bar, 0 to 100 (TA-Lib DX)."""
    return Indicator(made(ranges.DIRECTION, *_directions(Bars(timeframe), window(period, 2))))


def adx(period: int = 14, *, timeframe: str | None = None) -> Indicator:
    """Return Wilder's average of `dx` (TA-Lib ADX)."""
    return Indicator(_strength(Bars(timeframe), window(period, 2)))


def adxr(period: int = 14, *, timeframe: str | None = None) -> Indicator:
    """Return the mean of `adx` and of that `period` - 1 bars ago (TA-Lib ADXR)."""
    now = _strength(Bars(timeframe), window(period, 2))
    return Indicator(combined(0.5, now, 0.5, made(changes.LAG, now, period=period - 1)))


def aroon(period: int = 14, *, timeframe: str | None = None) -> Aroon:
    """Return Chande's Aroon, 0 to 100 (TA-Lib AROON, AROONOSC)."""
    bars, length = Bars(timeframe), window(period) + 1
    up = made(extremes.AROON_UP, bars.high, period=length, x=float(period))
    down = made(extremes.AROON_DOWN, bars.low, period=length, x=float(period))
    return Aroon(Indicator(up), Indicator(down), Indicator(combined(1.0, up, -1.0, down)))


def vortex(period: int = 14, *, timeframe: str | None = None) -> Vortex:
    """Return the vortex movement of `period` bars (TA-Lib VORTEX)."""
    bars = Bars(timeframe)
    span = total(made(ranges.TRUE_RANGE, bars.high, bars.low, bars.close), window(period))
    high_1, low_1 = made(changes.LAG, bars.high), made(changes.LAG, bars.low)
    up = made(arithmetic.ABSOLUTE, combined(1.0, bars.high, -1.0, low_1))
    down = made(arithmetic.ABSOLUTE, combined(1.0, bars.low, -1.0, high_1))
    return Vortex(*(Indicator(quotient(total(each, period), span)) for each in (up, down)))


def psar(step: float = 0.02, most: float = 0.2, *, timeframe: str | None = None) -> Indicator:
    """Return Wilder's parabolic stop and reverse (TA-Lib SAR)."""
    bars = Bars(timeframe)
    return Indicator(made(trailing.PARABOLIC, bars.high, bars.low, x=min(step, most), y=most))


def supertrend(period: int = 10, multiple: float = 3.0, *, timeframe: str | None = None) -> Supertrend:
    """Return the band of `multiple` true ranges that trails the price (TA-Lib SUPERTREND)."""
    bars = Bars(timeframe)
    reach = true_range_average(bars, window(period))
    line = made(trailing.SUPERTREND, bars.high, bars.low, bars.close, reach, x=multiple)
    return Supertrend(Indicator(line), Indicator(made(trailing.WORD, line, period=trailing.SIDE)))


def ichimoku(short: int = 9, middle: int = 26, long: int = 52, *, timeframe: str | None = None) -> Ichimoku:
    """Return Ichimoku's lines; the cloud is that drawn `middle` bars ahead, so it stands where it was drawn to."""
    bars = Bars(timeframe)

    def centre(period: int) -> Series:
        top, bottom = made(extremes.HIGHEST, bars.high, period=period), made(extremes.LOWEST, bars.low, period=period)
        return combined(0.5, top, 0.5, bottom)

    tenkan, kijun, far = (centre(window(period)) for period in (short, middle, long))
    ahead = [made(changes.LAG, each, period=middle) for each in (combined(0.5, tenkan, 0.5, kijun), far)]
    return Ichimoku(*(Indicator(each) for each in (tenkan, kijun, *ahead)))
