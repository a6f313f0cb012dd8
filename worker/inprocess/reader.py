"""Reader of data points into the engine's bars; each fault of a point sets bits of its mask, as in ingestion."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from numbers import Real
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from schemas.tick import MAX_SYMBOL, MAX_TS, MIN_TS, Interval, Tick, encode_tick, interval_ms
from worker.engine.bar import BAR
from worker.engine.periods import close_time
from worker.engine.reasons import Reject, bits
from worker.engine.records.records import Records
from worker.engine.settings import EngineSettings
from worker.engine.stages.ingestion import NO_EXTRAS, Decoded
from worker.inprocess.point import DataPoint
from worker.inprocess.strange import plain, shown
from worker.moments import epoch_ms

MALFORMED, MISSING = bits(Reject.malformed_record), bits(Reject.missing_field)
NUMBERS = ("open", "high", "low", "close", "volume")
_SYMBOL = re.compile(rf"[!-~]{{1,{MAX_SYMBOL}}}")
_INTERVAL = re.compile(get_args(Interval)[1].pattern)
_FLOATS = frozenset({float})
_WIRE_INTEGERS = range(-(2**63), 2**63)

Row = tuple[int | float, ...]


class _Unreadable(Exception):
    """A point that holds no bar."""


class PointReader:
    """Reader of points into BAR rows. A record's timestamp, the engine's clock, is the bar's close."""

    def __init__(self, settings: EngineSettings) -> None:
        self._default = interval_ms(settings.ingestion.interval)
        self._own = {s: interval_ms(i.interval) for s, i in settings.instruments.items() if i.interval}
        self._lengths: dict[str, int] = {}
        self._extra = settings.ingestion.extra

    def read(self, points: Sequence[DataPoint]) -> Decoded:
        """Read one BAR row per point, in order; never raise for the content of a point."""
        rows: list[Row] = []
        has_ts: list[bool] = []
        details: dict[int, str] = {}
        for at, point in enumerate(points):
            try:
                row = self._row(point)
            except _Unreadable as problem:
                row, details[at] = self._malformed(), str(problem)
            except Exception as problem:  # a user's object may raise anything; the other points go on
                row, details[at] = self._malformed(), f"a value of the point raises {type(problem).__name__}"
            if row[-1] == MISSING:
                details[at] = "missing: " + ", ".join(name for name in NUMBERS if getattr(point, name) is None)
            rows.append(row)
            has_ts.append(row[-1] != MALFORMED)
        return Decoded(np.array(rows, BAR), {}, np.array(has_ts, np.bool_), details, self._extras(points))

    def records(self, points: Sequence[DataPoint]) -> Records:
        """Return the points as records of `ticks.raw`; NaN and infinities become null."""
        values = [self._wire(point) for point in points]
        return Records([key_of(point) for point in points], values, [0] * len(points))

    def _extras(self, points: Sequence[DataPoint]) -> NDArray[np.float64]:
        if not self._extra:
            return NO_EXTRAS
        return np.array([[_extra(point, name) for name in self._extra] for point in points]).reshape(len(points), -1)

    def _malformed(self) -> Row:
        return (0, self._default, 0, *[np.nan] * len(NUMBERS), MALFORMED)

    def _row(self, point: DataPoint) -> Row:
        numbers: tuple[Any, ...] = (point.open, point.high, point.low, point.close, point.volume)
        mask = 0
        if set(map(type, numbers)) != _FLOATS:
            mask = MISSING if any(number is None for number in numbers) else 0
            numbers = tuple(map(_number, NUMBERS, numbers))
        symbol = plain(point.symbol)
        if symbol is None or not _SYMBOL.fullmatch(symbol):
            raise _Unreadable("symbol: not 1 to 64 printable ASCII characters without spaces")
        ts, length = _time(point.timestamp), self._length(symbol, point.interval)
        return (ts, length, close_time(ts, length), *numbers, mask)

    def _length(self, symbol: str, interval: Any) -> int:
        if interval is None:
            return self._own.get(symbol, self._default)
        text = plain(interval)
        if text is None or not _INTERVAL.match(text):
            raise _Unreadable(f"interval: {shown(interval)} is no interval")
        if text not in self._lengths:
            self._lengths[text] = interval_ms(text)
        return self._lengths[text]

    def _wire(self, point: DataPoint) -> bytes:
        try:
            ts: int | None = _time(point.timestamp)
        except Exception:  # a user's object
            ts = None
        numbers = {name: _said(name, getattr(point, name)) for name in NUMBERS}
        interval = None if point.interval is None else _text(point.interval)
        tick = Tick(symbol=key_of(point).decode(), ts=ts, **numbers, interval=interval)
        return encode_tick(tick, {name: _extra(point, name) for name in self._extra if point.extra is not None})


def key_of(point: DataPoint) -> bytes:
    """Return the record key of a point: its symbol."""
    return _text(point.symbol).encode()


def _text(value: Any) -> str:
    text = plain(value)
    return (shown(value) if text is None else text).encode(errors="replace").decode()


def _number(name: str, value: Any) -> float:
    if value is None:
        return float("nan")
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        raise _Unreadable(f"{name}: {shown(value)} is no number")
    try:
        return float(value)
    except OverflowError:
        raise _Unreadable(f"{name}: {shown(value)} is too large") from None
    except ValueError:
        raise _Unreadable(f"{name}: {shown(value)} is no number") from None


def _extra(point: DataPoint, name: str) -> float:
    """Return an extra number; NaN for what is absent, infinite or no number."""
    try:
        value = _number(name, point.extra.get(name) if point.extra is not None else None)
    except Exception:  # a user's object may raise anything
        return math.nan
    return value if math.isfinite(value) else math.nan


def _said(name: str, value: Any) -> Any:
    # As JSON writes a value: the number, null for NaN and infinities, text for anything else.
    if type(value) is int and value in _WIRE_INTEGERS:
        return value
    try:
        return _number(name, value)
    except Exception:  # a user's object
        return shown(value)


def _time(timestamp: Any) -> int:
    if not isinstance(timestamp, datetime):
        raise _Unreadable(f"timestamp: {shown(timestamp)} is no datetime")
    try:
        ts = int(epoch_ms(timestamp))
    except Exception:  # raised by itself or by its time zone
        raise _Unreadable(f"timestamp: {shown(timestamp)} is no time") from None
    if not MIN_TS <= ts <= MAX_TS:
        raise _Unreadable(f"timestamp: {shown(timestamp)} lies outside the years 1 to 9999")
    return ts
