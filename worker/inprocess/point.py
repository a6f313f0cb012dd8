"""Input of the pipeline: one bar of one symbol, and the five levels of its quality."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import IntEnum

import msgspec

from worker.engine.reasons import LEVELS


class DataPoint(msgspec.Struct, frozen=True, gc=False):
    """One OHLCV bar. Prices in quote currency, volume in base units.

    `timestamp` is the bar's open; without a time zone it is UTC. `interval` is the bar's length, such as `1h`; without
    one, the length in the engine's settings. `extra` are further numbers by name, for a strategy. Nothing is checked
    here: the pipeline rejects invalid points, with codes.
    """

    symbol: str
    timestamp: datetime
    open: float
    high: float
    low: float
    close: float
    volume: float
    interval: str | None = None
    extra: Mapping[str, float] | None = None


class DataQuality(IntEnum):
    """Quality of a bar as validation judged it; ordered, so that levels can be compared."""

    INVALID = 0  # rejected
    POOR = 1
    FAIR = 2
    GOOD = 3
    EXCELLENT = 4

    @property
    def label(self) -> str:
        """The level's name in decisions and rejections."""
        return LEVELS[self]
