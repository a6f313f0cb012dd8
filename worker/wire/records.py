"""Kernel that writes decisions as the records of one batch."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.engine.intrinsics.addresses import BLOCK, address_of, i4_at, i8_at, put_byte, u1_at
from worker.engine.kernel import inlined, kernel
from worker.engine.output.encoding.lines import BAR_ROW, OUT_ROW, book_of, close_ts, put_line
from worker.engine.output.encoding.members import fetch_out, offset
from worker.engine.output.encoding.text import put_bytes, put_text
from worker.engine.records.raw import ROW
from worker.wire.framing import HEADER
from worker.wire.headers import places_of, put_headers
from worker.wire.times import RFC3339_SIZE
from worker.wire.varint import put_varint, size_of_varint

FIRST = HEADER.size
USUAL = 2  # bytes of a varint from 64 to 8,191, the usual range of record and value sizes
RAW_ROW = ROW.itemsize
OFFSET, TIMESTAMP, KEY, KEY_SIZE, HEADERS, HEADERS_SIZE = (
    offset(name, ROW) for name in ("offset", "timestamp", "key", "key_size", "headers", "headers_size")
)


class Input(NamedTuple):
    """Raw records, and the positions of the parts of each."""

    data: NDArray[np.uint8]
    rows: NDArray[Any]  # `worker.engine.records.raw.ROW` as bytes, shape (n, bytes per row)


@kernel
def _move(start, size, by):  # type: ignore[no-untyped-def]
    if by > 0:
        for i in range(size - 1, -1, -1):
            put_byte(start + by, i, u1_at(start, i))
    else:
        for i in range(size):
            put_byte(start + by, i, u1_at(start, i))


@inlined
def put_sized(at, size):  # type: ignore[no-untyped-def]
    """Write `size` before the `size` bytes that begin `USUAL` after `at`; move them if its varint is longer or shorter.

    Return the address after them.
    """
    room = size_of_varint(size)
    if room != USUAL:
        _move(at + USUAL, size, room - USUAL)
    put_varint(at, size)
    return at + room + size


@kernel
def _put_record(at, number, first_ts, book, out, bar, row, data, room, headers, known):  # type: ignore[no-untyped-def]
    """Write the decision at `out` as the record `number` of its batch.

    `row` is the address of its input's raw row, `data` the address of the raw bytes and `room` their number;
    `known` as in `put_headers`.
    """
    timestamp, key, key_size = i8_at(row, TIMESTAMP), i4_at(row, KEY), i4_at(row, KEY_SIZE)
    start = at
    body = at + USUAL
    put_byte(body, 0, 0)  # attributes
    at = put_varint(body + 1, max(timestamp, 0) - first_ts)
    at = put_varint(put_varint(at, number), key_size)
    symbol, room = data + key, room - key
    at = put_text(at, symbol, key_size) if key_size + BLOCK <= room else put_bytes(at, symbol, key_size)
    value = at + USUAL
    at = put_sized(at, put_line(value, book, out, bar, symbol, key_size, room) - value)
    at = put_headers(
        at, headers, i8_at(row, OFFSET), timestamp, data + i4_at(row, HEADERS), i4_at(row, HEADERS_SIZE),
        close_ts(bar), known,
    )  # fmt: skip
    return put_sized(start, at - body)


@kernel
def put_records(buffer, chosen, lanes, times, limit, done, layout, rows, source, headers):  # type: ignore[no-untyped-def]
    """Write the rows from `chosen[done]` on as records until the next would make the batch larger than `limit` bytes.

    The first row is written in any case. Return the size of the batch in bytes and its number of records; set `times`
    to their first and largest timestamp in epoch ms. `lanes` are `new_lanes`.
    """
    book, places = book_of(layout, lanes), places_of(headers)
    outs, bars, raw = address_of(rows.outs), address_of(rows.bars), address_of(source.rows)
    data, room = address_of(source.data), source.data.size
    batch = address_of(buffer)
    at = batch + FIRST
    first_ts = latest = max(i8_at(raw + chosen[done] * RAW_ROW, TIMESTAMP), 0)
    before = count = 0
    for n in range(done, chosen.size):
        r = chosen[n]
        bar, row = bars + r * BAR_ROW, raw + r * RAW_ROW
        if n + 1 < chosen.size:
            fetch_out(outs + chosen[n + 1] * OUT_ROW)
        # Headers end with this time. Symbols of a market share it, so the text before this record is often the same.
        known = at - RFC3339_SIZE if count > 0 and before == close_ts(bar) else 0
        end = _put_record(at, count, first_ts, book, outs + r * OUT_ROW, bar, row, data, room, places, known)
        if end - batch > limit and count > 0:
            break
        at, before = end, close_ts(bar)
        latest = max(latest, i8_at(row, TIMESTAMP))
        count += 1
    times[0], times[1] = first_ts, latest
    return at - batch, count
