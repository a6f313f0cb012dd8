"""The kernel that writes decisions as the records of one batch."""

from __future__ import annotations

from typing import Any, NamedTuple

from numpy.typing import NDArray

from worker.engine.encoding.lines import put_line
from worker.engine.kernel import inlined, kernel
from worker.engine.memory import fetch_row
from worker.wire.framing import HEADER
from worker.wire.headers import put_headers
from worker.wire.times import RFC3339_SIZE
from worker.wire.varint import put_bytes, put_varint, size_of_varint

FIRST = HEADER.size
USUAL = 2  # bytes of a varint from 64 to 8,191, which is what a record's and a value's size usually need
OFFSET, TIMESTAMP = 0, 1  # of the input's rows as int64
KEY, KEY_SIZE, HEADERS, HEADERS_SIZE = 4, 5, 8, 9  # of the same as int32


class Input(NamedTuple):
    """Raw records as two-dimensional arrays of each type that is read."""

    data: NDArray[Any]
    i8: NDArray[Any]
    i4: NDArray[Any]


@kernel
def _move(buffer, start, stop, by):  # type: ignore[no-untyped-def]
    if by > 0:
        for i in range(stop - 1, start - 1, -1):
            buffer[i + by] = buffer[i]
    else:
        for i in range(start, stop):
            buffer[i + by] = buffer[i]


@kernel
def put_sized(buffer, at, size):  # type: ignore[no-untyped-def]
    """Write `size` before as many bytes, which begin `USUAL` after `at` and move if it needs another room.

    Returns where they end.
    """
    room = size_of_varint(size)
    start = at + USUAL
    if room != USUAL:
        _move(buffer, start, start + size, room - USUAL)
    put_varint(buffer, at, size)
    return at + room + size


@inlined
def _close_ts(views, r):  # type: ignore[no-untyped-def]
    return views.bar_i8[r, 0] + views.bar_i8[r, 1]


@kernel
def _put_record(buffer, at, number, first_ts, layout, views, source, headers, before, r):  # type: ignore[no-untyped-def]
    """Write input row `r`, which follows the row `before`, as the record `number` of its batch."""
    data = source.data
    timestamp, key, key_size = source.i8[r, TIMESTAMP], source.i4[r, KEY], source.i4[r, KEY_SIZE]
    start = at
    body = at + USUAL
    buffer[body] = 0  # attributes
    at = put_varint(buffer, body + 1, max(timestamp, 0) - first_ts)
    at = put_varint(buffer, put_varint(buffer, at, number), key_size)
    at = put_bytes(buffer, at, data, key, key + key_size)
    value = at + USUAL
    at = put_sized(buffer, at, put_line(buffer, value, layout, views, r, data, key, key + key_size) - value)
    close_ts = _close_ts(views, r)
    # Headers end with this time, and the symbols of a market share it: often it is the text before this record.
    known = start - RFC3339_SIZE if number > 0 and _close_ts(views, before) == close_ts else -1
    at = put_headers(
        buffer, at, headers, source.i8[r, OFFSET], timestamp, data, source.i4[r, HEADERS], source.i4[r, HEADERS_SIZE],
        close_ts, known,
    )  # fmt: skip
    return put_sized(buffer, start, at - body)


@kernel
def put_records(buffer, limit, rows, done, layout, views, source, headers, times):  # type: ignore[no-untyped-def]
    """Write the rows from `rows[done]` on as records until the next would make the batch larger than `limit` bytes.

    The first one is written in any case. Returns the bytes of the batch and the number of its records; sets `times` to
    their first and largest timestamp.
    """
    at = FIRST
    first_ts = latest = max(source.i8[rows[done], TIMESTAMP], 0)
    count = 0
    for n in range(done, rows.size):
        r = rows[n]
        if n + 1 < rows.size:
            fetch_row(views.i8, rows[n + 1])
        end = _put_record(buffer, at, count, first_ts, layout, views, source, headers, rows[max(n - 1, 0)], r)
        if end > limit and count > 0:
            break
        at = end
        latest = max(latest, source.i8[r, TIMESTAMP])
        count += 1
    times[0], times[1] = first_ts, latest
    return at, count
