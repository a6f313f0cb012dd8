"""Codes of the regime and of the volatility bucket (domain §5)."""

from __future__ import annotations

from enum import IntEnum

UNKNOWN, TREND_UP, TREND_DOWN, RANGE, HIGH_VOL, CRISIS = range(6)
VOL_UNKNOWN, VOL_LOW, VOL_NORMAL, VOL_HIGH = range(4)


class Regime(IntEnum):
    """State of the market."""

    unknown = UNKNOWN
    trend_up = TREND_UP
    trend_down = TREND_DOWN
    range = RANGE
    high_vol = HIGH_VOL
    crisis = CRISIS


class Volatility(IntEnum):
    """Bucket of the volatility among its own last 250 values."""

    unknown = VOL_UNKNOWN
    low = VOL_LOW
    normal = VOL_NORMAL
    high = VOL_HIGH
