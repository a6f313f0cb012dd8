"""What every function of `ta` returns, and how it reads its arguments."""

from __future__ import annotations

from typing import NamedTuple

from schemas.tick import interval_ms
from worker.engine.strategy.indicators import arithmetic
from worker.engine.strategy.indicators.kind import Series
from worker.engine.strategy.plan import CLOSE, HIGH, LOW, OPEN, VOLUME
from worker.errors import ConfigError

LONGEST = 10_000  # bars of a window: each takes 8 bytes of a symbol's memory
DAY_MS = 86_400_000
LENGTHS = "Write it as 15m, 4h or 1d"
FIX = "docs/strategies.md lists the indicators"


class Indicator(NamedTuple):
    """A declared value at each bar. `optional`: the step is called though it is not known."""

    series: Series
    optional: bool = False


Source = str | Indicator


def made(kind: int, *inputs: Series, period: int = 1, x: float = 0.0, y: float = 0.0, delay: int = 0) -> Series:
    """Return a series of others, which must be of one timeframe.

    Raises:
        ConfigError: they are of several.
    """
    timeframes = {each.timeframe for each in inputs}
    if len(timeframes) > 1:
        raise ConfigError("an indicator mixes two timeframes", "Take all of its sources from one timeframe")
    return Series(kind, inputs, period, x, y, delay, timeframes.pop())


def combined(x: float, a: Series, y: float, b: Series) -> Series:
    """Return x·a + y·b."""
    return made(arithmetic.COMBINE, a, b, x=x, y=y)


def quotient(a: Series, b: Series, x: float = 1.0, neutral: float = 0.0) -> Series:
    """Return x·a/b; `neutral` where b is 0."""
    return made(arithmetic.DIVIDE, a, b, x=x, y=neutral)


class Bars:
    """The columns of a timeframe's bars."""

    def __init__(self, timeframe: str | None) -> None:
        self._length = 0 if timeframe is None else _length(timeframe)

    @property
    def open(self) -> Series:
        """First price."""
        return Series(OPEN, timeframe=self._length)

    @property
    def high(self) -> Series:
        """Highest price."""
        return Series(HIGH, timeframe=self._length)

    @property
    def low(self) -> Series:
        """Lowest price."""
        return Series(LOW, timeframe=self._length)

    @property
    def close(self) -> Series:
        """Last price."""
        return Series(CLOSE, timeframe=self._length)

    @property
    def volume(self) -> Series:
        """Volume."""
        return Series(VOLUME, timeframe=self._length)

    @property
    def typical(self) -> Series:
        """(h + l + c)/3."""
        return made(arithmetic.TYPICAL, self.high, self.low, self.close)

    @property
    def median(self) -> Series:
        """(h + l)/2."""
        return combined(0.5, self.high, 0.5, self.low)

    @property
    def weighted(self) -> Series:
        """(h + l + 2c)/4."""
        return made(arithmetic.WEIGHTED, self.high, self.low, self.close)

    @property
    def average(self) -> Series:
        """(o + h + l + c)/4."""
        return made(arithmetic.AVERAGE, self.open, self.high, self.low, self.close)


SOURCES = ("open", "high", "low", "close", "volume", "typical", "median", "weighted", "average")


def read(source: Source, timeframe: str | None) -> Series:
    """Return the series that a function is asked to read.

    Raises:
        ConfigError: there is no such source or timeframe, or an indicator is given a second timeframe.
    """
    if isinstance(source, Indicator):
        if timeframe is not None:
            raise ConfigError(
                "an indicator of an indicator has the timeframe of its source", "Give `timeframe` to the source alone"
            )
        return source.series
    if source not in SOURCES:
        raise ConfigError(f"there is no source {source!r}", f"Choose one of {', '.join(SOURCES)}, or an indicator")
    series: Series = getattr(Bars(timeframe), source)
    return series


def window(period: int, least: int = 1) -> int:
    """Return a number of bars.

    Raises:
        ConfigError: it is not a whole number from `least` to LONGEST.
    """
    if isinstance(period, bool) or not isinstance(period, int) or not least <= period <= LONGEST:
        raise ConfigError(f"a period is a whole number from {least} to {LONGEST:,}, not {period!r}", FIX)
    return period


def _length(timeframe: str) -> int:
    try:
        length = interval_ms(timeframe)
    except ValueError as error:
        raise ConfigError(f"there is no timeframe {timeframe!r}: {error}", LENGTHS) from None
    if DAY_MS % length:
        raise ConfigError(f"a timeframe divides a day, and {timeframe!r} does not", LENGTHS)
    return length
