"""Bodies, shadows and the averages that candlestick patterns are measured against (TA-Lib's candle settings)."""

from typing import Any

from worker.engine.history import at
from worker.engine.kernel import kernel

BODY_BARS = 10
NEAR_BARS = 5


@kernel
def body(row: Any) -> float:
    """|c-o|."""
    size: float = abs(row.close - row.open)
    return size


@kernel
def top(row: Any) -> float:
    """Upper end of the body."""
    price: float = max(row.open, row.close)
    return price


@kernel
def bottom(row: Any) -> float:
    """Lower end of the body."""
    price: float = min(row.open, row.close)
    return price


@kernel
def upper_shadow(row: Any) -> float:
    """h - max(o, c)."""
    length: float = row.high - top(row)
    return length


@kernel
def lower_shadow(row: Any) -> float:
    """min(o, c) - l."""
    length: float = bottom(row) - row.low
    return length


@kernel
def colour(row: Any) -> float:
    """+1 for c >= o, else -1."""
    return 1.0 if row.close >= row.open else -1.0


@kernel
def body_average(history: Any, age: int) -> float:
    """BodyLong and BodyShort: mean body of the 10 bars before the bar `age` bars ago."""
    total = 0.0
    for past in range(age + BODY_BARS, age, -1):
        total += body(at(history, past))
    return total / BODY_BARS


@kernel
def range_average(history: Any, age: int, bars: int, factor: float) -> float:
    """`factor` × mean high-low range of the `bars` bars before the bar `age` bars ago."""
    total = 0.0
    for past in range(age + bars, age, -1):
        row = at(history, past)
        total += row.high - row.low
    return factor * (total / bars)


@kernel
def tenth_of_range(history: Any, age: int) -> float:
    """BodyDoji and ShadowVeryShort: a tenth of the mean range of 10 bars."""
    return range_average(history, age, BODY_BARS, 0.1)


@kernel
def near(history: Any, age: int) -> float:
    """Near: a fifth of the mean range of 5 bars."""
    return range_average(history, age, NEAR_BARS, 0.2)
