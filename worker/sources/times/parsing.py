"""The cells of a column of times as times, before any zone: text by its reader, typed columns by their type."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from worker.sources.options import zone_of
from worker.sources.times import epochs
from worker.sources.times.dates import Parsed, StrptimeTimes, TextTimes
from worker.sources.times.kinds import Column, Typed

Ints = NDArray[np.int64]


class Reader(Protocol):
    """Reader of the cells of a column in one way."""

    def read(self, cells: Sequence[str]) -> Parsed:
        """Read the times of some cells."""
        ...


def read_column(column: Column, reader: Reader | None) -> Parsed:
    """Read the cells of a column as times, before any zone."""
    if not isinstance(column, Typed):
        assert reader is not None
        return reader.read(column)
    if isinstance(reader, TextTimes | StrptimeTimes):  # digits that spell a date
        cells = zip(column.values.tolist(), column.has.tolist(), strict=True)
        return reader.read([f"{value:.0f}" if has else "" for value, has in cells])
    if isinstance(reader, epochs.EpochTimes):
        return reader.of(column.values, column.has, [])
    values = np.asarray(column.values, np.int64)
    count = len(values)
    if column.zone:
        offsets = _offsets(values, column.zone)
        return Parsed(values + offsets, offsets, np.ones(count, np.bool_), column.has, [])
    return Parsed(values, np.zeros(count, np.int64), np.zeros(count, np.bool_), column.has, [])


def _offsets(utc: Ints, zone: str) -> Ints:
    """Return the offset of each time in the zone of a typed column, in ms."""
    if zone.upper() in {"UTC", "GMT", "ETC/UTC", "+00:00"}:
        return np.zeros(len(utc), np.int64)
    from datetime import UTC, datetime

    from worker.sources.times.dates import parse_offset

    if (fixed := parse_offset(zone)) is not None:
        return np.full(len(utc), fixed, np.int64)
    there = zone_of(zone)
    hours, places = np.unique(utc // 900_000, return_inverse=True)
    found = []
    for hour in hours.tolist():
        try:
            offset = datetime.fromtimestamp(hour * 900, UTC).astimezone(there).utcoffset()
        except (OverflowError, ValueError, OSError):
            offset = None
        found.append(0 if offset is None else round(offset.total_seconds() * 1_000))
    return np.array(found, np.int64)[places.reshape(-1)]
