"""Events in a chart's structure at one bar, and their published strength."""

from __future__ import annotations

from typing import NamedTuple

FULL = 100


class Event(NamedTuple):
    """One kind of event; the sign of its strength is its direction; swings have none."""

    name: str
    values: str
    lookback: int  # bars required before the current one
    source: str
    condition: str


EVENTS = (
    Event("swing_high", "100", 4, "TA-Lib FRACTAL(2,2)", "the high 2 bars ago tops the 2 before and the 2 after it"),
    Event("swing_low", "100", 4, "TA-Lib FRACTAL(2,2)", "the low 2 bars ago is under the 2 before and the 2 after it"),
    Event("support_touch", "100", 15, "swings", "low at most 0.1 ATR14 above a support, close above it"),
    Event("resistance_touch", "-100", 15, "swings", "high at most 0.1 ATR14 below a resistance, close below it"),
    Event("support_break", "-100", 15, "swings", "close over 0.5 ATR14 below a support, a resistance from then on"),
    Event("resistance_break", "100", 15, "swings", "close over 0.5 ATR14 above a resistance, a support from then on"),
    Event(
        "breakout",
        "±1..±10000",
        20,
        "Donchian",
        "close outside the channel of the 20 bars before; distance in 0.01 ATR14",
    ),
    Event("breakout_volume", "±100", 20, "Donchian", "a breakout on at least 1.5 times the mean volume of 20 bars"),
    Event(
        "breakout_failed", "±100", 21, "Donchian", "close back in the channel within 3 bars; direction of the return"
    ),
    Event("double_top", "-100", 14, "Lo, Mamaysky, Wang 2000", "first close under the trough between two equal highs"),
    Event("double_bottom", "100", 14, "Lo, Mamaysky, Wang 2000", "first close over the peak between two equal lows"),
    Event(
        "divergence", "±100", 19, "swings, RSI14", "a swing beyond the last of its kind, RSI14 short of it by 2 points"
    ),
    Event("squeeze", "100", 24, "Bollinger, Keltner", "bands inside EMA20 of (h+l+c)/3 ± 1.5 ATR10 for the 6th bar"),
    Event(
        "squeeze_release", "±100", 25, "Bollinger, Keltner", "first bar of a squeeze's end; sign of the 20-bar slope"
    ),
)
(
    SWING_HIGH,
    SWING_LOW,
    SUPPORT_TOUCH,
    RESISTANCE_TOUCH,
    SUPPORT_BREAK,
    RESISTANCE_BREAK,
    BREAKOUT,
    BREAKOUT_VOLUME,
    BREAKOUT_FAILED,
    DOUBLE_TOP,
    DOUBLE_BOTTOM,
    DIVERGENCE,
    SQUEEZE,
    SQUEEZE_RELEASE,
) = range(len(EVENTS))
