"""Conversion of records that a consumer has decoded into `RawRecords`, the input of the compiled path."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from worker.engine.records.raw import ROW, RawRecords
from worker.wire.plain import packed_headers

_NO_HEADERS = b"\x00"


def as_raw(fetched: Sequence[Any]) -> list[RawRecords]:
    """Convert what `getmany` returned for one partition: decoded records, or `RawRecords` already."""
    if not fetched or isinstance(fetched[0], RawRecords):
        return list(fetched)
    return [raw_of(fetched)]


def raw_of(records: Sequence[Any]) -> RawRecords:
    """Convert records with offset, timestamp, key, value and headers."""
    rows = np.zeros(len(records), ROW)
    rows["offset"] = [record.offset for record in records]
    rows["timestamp"] = [-1 if record.timestamp is None else record.timestamp for record in records]
    columns: dict[str, list[bytes | None]] = {
        "key": [record.key for record in records],
        "value": [record.value for record in records],
        "headers": [packed_headers(record.headers) if record.headers else _NO_HEADERS for record in records],
    }
    at = 0
    for name, parts in columns.items():
        sizes = [-1 if part is None else len(part) for part in parts]
        ends = list(accumulate((max(size, 0) for size in sizes), initial=at))
        rows[name], rows[f"{name}_size"] = ends[:-1], sizes
        at = ends[-1]
    data = b"".join(part for parts in columns.values() for part in parts if part)
    return RawRecords(np.frombuffer(data, np.uint8), rows)
