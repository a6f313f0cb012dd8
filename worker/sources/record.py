"""A bar as a source reads it, and a record as Kafka takes it."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from schemas.tick import Tick

_encode = msgspec.json.Encoder().encode


class Bar(NamedTuple):
    """One row of a source. Times in epoch ms UTC; a number that the source lacks is NaN, a missing time None."""

    symbol: str
    ts: int | None
    open: float
    high: float
    low: float
    close: float
    volume: float
    ingest_ts: int | None = None  # when the bar became known; its close unless the source says otherwise


class Record(NamedTuple):
    """One record of `ticks.raw`: key = symbol, value = compact JSON of `schemas.Tick`, timestamp in epoch ms."""

    key: bytes
    value: bytes
    timestamp_ms: int


def encode_bar(bar: Bar, interval: str) -> bytes:
    """The JSON value of a bar; NaN and infinities become null, a missing time is left out."""
    return _encode(Tick(bar.symbol, bar.ts, bar.open, bar.high, bar.low, bar.close, bar.volume, interval))
