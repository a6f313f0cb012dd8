"""The kernels of `pass` and `zscore` on this worker's runtime: the check of a bar, and its output as a record."""

from __future__ import annotations

import numpy as np

from worker.engine.intrinsics.addresses import address_of, i4_at, i8_at, put_byte
from worker.engine.kernel import kernel
from worker.engine.output.encoding.numbers import put_float, put_int
from worker.engine.output.encoding.text import put_bytes, put_character
from worker.wire.framing import HEADER
from worker.wire.records import KEY, KEY_SIZE, RAW_ROW, TIMESTAMP, put_sized
from worker.wire.varint import put_varint

__all__ = ["check", "put_outputs"]

WINDOW = 100
COUNT, OLDEST, SUM, SQUARES, RING = range(5)  # columns of a window
WIDTH = RING + WINDOW
TS, OPEN, HIGH, LOW, CLOSE, VOLUME, MASK = 0, 3, 4, 5, 6, 7, 8  # columns of a BAR
FIRST, USUAL = HEADER.size, 2

_SYMBOL, _TS, _CLOSE = (np.frombuffer(text, np.uint8) for text in (b'{"symbol":"', b'","ts":', b',"close":'))
_TRUE, _FALSE, _Z = (np.frombuffer(text, np.uint8) for text in (b',"ok":true', b',"ok":false', b',"z":'))
END = ord("}")


@kernel
def _z_score(window, x):  # type: ignore[no-untyped-def]
    """As `programs.rolling.z_score`, operation for operation."""
    n, at = np.int64(window[COUNT]), np.int64(window[OLDEST])
    total, squares = window[SUM] + x, window[SQUARES] + x * x
    if n == WINDOW:
        old = window[RING + at]
        total -= old
        squares -= old * old
        window[RING + at] = x
        window[OLDEST] = (at + 1) % WINDOW
    else:
        window[RING + n] = x
        n += 1
    window[COUNT], window[SUM], window[SQUARES] = n, total, squares
    mean = total / n
    variance = squares / n - mean * mean
    return (x - mean) / np.sqrt(variance) if variance > 1e-12 else 0.0


@kernel
def check(numbers, integers, slots, windows, ok, z):  # type: ignore[no-untyped-def]
    """`ok` and, where a bar has a slot, `z` of each; `numbers` and `integers` (n, 9) are the two views of BARs."""
    for i in range(len(ok)):
        bar = numbers[i]
        low, high = min(bar[OPEN], bar[CLOSE]), max(bar[OPEN], bar[CLOSE])
        ok[i] = integers[i, MASK] == 0 and bar[LOW] <= low and high <= bar[HIGH] and bar[VOLUME] >= 0.0
        if slots[i] >= 0:
            z[i] = _z_score(windows[slots[i]], bar[CLOSE])


@kernel
def _put_text(at, text):  # type: ignore[no-untyped-def]
    return put_bytes(at, address_of(text), text.size)


@kernel
def _put_value(at, bar, ts, ok, z, rolling, key, size):  # type: ignore[no-untyped-def]
    """The JSON; keys are plain text."""
    at = put_bytes(_put_text(at, _SYMBOL), key, size)
    at = put_int(_put_text(at, _TS), ts)
    at = put_float(_put_text(at, _CLOSE), bar[CLOSE])
    at = _put_text(at, _TRUE) if ok else _put_text(at, _FALSE)
    if rolling:
        at = put_float(_put_text(at, _Z), z)
    return put_character(at, END)


@kernel
def put_outputs(buffer, limit, done, numbers, integers, ok, z, rolling, source, times):  # type: ignore[no-untyped-def]
    """Write rows from `done` on as the records of a batch of at most `limit` bytes, one at least.

    Returns the bytes of the batch and the number of its records; sets `times` to their first and largest timestamp.
    """
    batch, data, rows = address_of(buffer), address_of(source.data), address_of(source.rows)
    at, count = batch + FIRST, 0
    first = latest = max(i8_at(rows + done * RAW_ROW, TIMESTAMP), 0)
    for r in range(done, len(ok)):
        if at - batch > limit:
            break
        row = rows + r * RAW_ROW
        timestamp, key, size = max(i8_at(row, TIMESTAMP), 0), data + i4_at(row, KEY), max(i4_at(row, KEY_SIZE), 0)
        start, body = at, at + USUAL
        put_byte(body, 0, 0)  # attributes
        end = put_varint(put_varint(body + 1, timestamp - first), count)
        end = put_bytes(put_varint(end, size), key, size)
        value = end + USUAL
        stop = _put_value(value, numbers[r], integers[r, TS], ok[r], z[r], rolling, key, size)
        end = put_varint(put_sized(end, stop - value), 0)  # no headers
        at = put_sized(start, end - body)
        latest = max(latest, timestamp)
        count += 1
    times[0], times[1] = first, latest
    return at - batch, count
