"""What goes into the pipeline: one bar of one symbol."""

from __future__ import annotations

from datetime import datetime

import msgspec


class DataPoint(msgspec.Struct, frozen=True, gc=False):
    """One OHLCV bar. Prices in quote currency, volume in base units.

    `timestamp` is the bar's open; without a time zone it is taken as UTC. `interval` is the bar's length, such as `1h`;
    without one the engine's settings say it. Nothing is checked here: what does not fit is rejected, with codes.
    """

    symbol: str
    timestamp: datetime
    open: float
    high: float
    low: float
    close: float
    volume: float
    interval: str | None = None
