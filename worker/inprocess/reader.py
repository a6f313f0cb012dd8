"""Reads data points into the engine's bars; whatever is wrong with one becomes bits of its mask, as in ingestion."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from numbers import Real
from typing import Any

import msgspec
import numpy as np

from schemas.tick import MAX_SYMBOL, MAX_TS, MIN_TS, Tick, interval_ms
from worker.engine.bar import BAR
from worker.engine.reasons import Reject, bits
from worker.engine.records import Records
from worker.engine.settings import EngineSettings
from worker.engine.stages.ingestion import Decoded
from worker.inprocess.point import DataPoint

MALFORMED, MISSING = bits(Reject.malformed_record), bits(Reject.missing_field)
NUMBERS = ("open", "high", "low", "close", "volume")
_SYMBOL = re.compile(rf"[!-~]{{1,{MAX_SYMBOL}}}")
_FLOATS = frozenset({float})
_encode = msgspec.json.Encoder(enc_hook=repr, decimal_format="number").encode
_EPOCH, _MS = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)

Row = tuple[int | float, ...]


class _Unreadable(Exception):
    """A point that holds no bar."""


def epoch_ms(timestamp: datetime) -> int:
    """Epoch ms of a time; one without zone is UTC."""
    if timestamp.tzinfo is None:
        timestamp = timestamp.replace(tzinfo=UTC)
    return (timestamp - _EPOCH) // _MS


class PointReader:
    """Turns points into BAR rows. The record's timestamp, the engine's clock, is the bar's close."""

    def __init__(self, settings: EngineSettings) -> None:
        self._default = interval_ms(settings.ingestion.interval)
        self._own = {s: interval_ms(i.interval) for s, i in settings.instruments.items() if i.interval}
        self._lengths: dict[str, int] = {}

    def read(self, points: Sequence[DataPoint]) -> Decoded:
        """One BAR row a point, in order; never raises for what a point holds."""
        rows: list[Row] = []
        has_ts: list[bool] = []
        details: dict[int, str] = {}
        for at, point in enumerate(points):
            try:
                row = self._row(point)
            except _Unreadable as problem:
                row = (0, self._default, 0, *[np.nan] * len(NUMBERS), MALFORMED)
                details[at] = str(problem)
            if row[-1] == MISSING:
                details[at] = "missing: " + ", ".join(name for name in NUMBERS if getattr(point, name) is None)
            rows.append(row)
            has_ts.append(row[-1] != MALFORMED)
        return Decoded(np.array(rows, BAR), {}, np.array(has_ts, np.bool_), details)

    def records(self, points: Sequence[DataPoint]) -> Records:
        """The points as records of `ticks.raw` would hold them; NaN and infinities become null."""
        values = [_wire(point) for point in points]
        return Records([key_of(point) for point in points], values, [0] * len(points))

    def _row(self, point: DataPoint) -> Row:
        numbers: tuple[Any, ...] = (point.open, point.high, point.low, point.close, point.volume)
        mask = 0
        if set(map(type, numbers)) != _FLOATS:
            mask = MISSING if None in numbers else 0
            numbers = tuple(map(_number, NUMBERS, numbers))
        if type(point.symbol) is not str or not _SYMBOL.fullmatch(point.symbol):
            raise _Unreadable("symbol: not 1 to 64 printable ASCII characters without spaces")
        ts, length = _time(point.timestamp), self._length(point)
        return (ts, length, ts + length, *numbers, mask)

    def _length(self, point: DataPoint) -> int:
        if point.interval is None:
            return self._own.get(point.symbol, self._default)
        try:
            if point.interval not in self._lengths:
                self._lengths[point.interval] = interval_ms(point.interval)
            return self._lengths[point.interval]
        except (ValueError, TypeError, AttributeError):
            raise _Unreadable(f"interval: {point.interval!r} is no interval") from None


def key_of(point: DataPoint) -> bytes:
    """The record key of a point: its symbol."""
    return point.symbol.encode(errors="replace") if isinstance(point.symbol, str) else repr(point.symbol).encode()


def _number(name: str, value: Any) -> float:
    if value is None:
        return float("nan")
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        raise _Unreadable(f"{name}: {value!r} is no number")
    try:
        return float(value)
    except OverflowError:
        raise _Unreadable(f"{name}: {value!r} is too large") from None


def _time(timestamp: Any) -> int:
    if not isinstance(timestamp, datetime):
        raise _Unreadable(f"timestamp: {timestamp!r} is no datetime")
    try:
        ts = epoch_ms(timestamp)
    except (ValueError, TypeError, OverflowError):
        raise _Unreadable(f"timestamp: {timestamp!r} is no time") from None
    if not MIN_TS <= ts <= MAX_TS:
        raise _Unreadable(f"timestamp: {timestamp!r} lies outside the years 1 to 9999")
    return ts


def _wire(point: DataPoint) -> bytes:
    try:
        ts: int | None = _time(point.timestamp)
    except _Unreadable:
        ts = None
    return _encode(Tick(point.symbol, ts, point.open, point.high, point.low, point.close, point.volume, point.interval))
