"""The kernels of `pass` and `zscore` on this worker's runtime: the check of a bar, and its output as a record."""

from __future__ import annotations

import numpy as np

from worker.engine.encoding.numbers import put_float, put_int
from worker.engine.kernel import kernel
from worker.wire.framing import HEADER
from worker.wire.records import KEY, KEY_SIZE, OFFSET, TIMESTAMP, put_sized
from worker.wire.varint import put_bytes, put_varint

__all__ = ["OFFSET", "check", "put_outputs"]

WINDOW = 100
COUNT, OLDEST, SUM, SQUARES, RING = range(5)  # columns of a window
WIDTH = RING + WINDOW
TS, OPEN, HIGH, LOW, CLOSE, VOLUME, MASK = 0, 3, 4, 5, 6, 7, 8  # columns of a BAR
FIRST, USUAL = HEADER.size, 2

_SYMBOL, _TS, _CLOSE = (np.frombuffer(text, np.uint8) for text in (b'{"symbol":"', b'","ts":', b',"close":'))
_TRUE, _FALSE, _Z = (np.frombuffer(text, np.uint8) for text in (b',"ok":true', b',"ok":false', b',"z":'))
END = np.uint8(ord("}"))


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
def _put_text(buffer, at, text):  # type: ignore[no-untyped-def]
    return put_bytes(buffer, at, text, 0, text.size)


@kernel
def _put_value(buffer, at, bar, ts, ok, z, rolling, data, key, stop):  # type: ignore[no-untyped-def]
    """The JSON; keys are plain text."""
    at = put_bytes(buffer, _put_text(buffer, at, _SYMBOL), data, key, stop)
    at = put_int(buffer, _put_text(buffer, at, _TS), ts)
    at = put_float(buffer, _put_text(buffer, at, _CLOSE), bar[CLOSE])
    at = _put_text(buffer, at, _TRUE) if ok else _put_text(buffer, at, _FALSE)
    if rolling:
        at = put_float(buffer, _put_text(buffer, at, _Z), z)
    buffer[at] = END
    return at + 1


@kernel
def put_outputs(buffer, limit, done, numbers, integers, ok, z, rolling, source, times):  # type: ignore[no-untyped-def]
    """Write rows from `done` on as the records of a batch of at most `limit` bytes, one at least.

    Returns the bytes of the batch and the number of its records; sets `times` to their first and largest timestamp.
    """
    at, count = FIRST, 0
    first = latest = max(source.i8[done, TIMESTAMP], 0)
    for r in range(done, len(ok)):
        if at > limit:
            break
        timestamp, key, size = max(source.i8[r, TIMESTAMP], 0), source.i4[r, KEY], max(source.i4[r, KEY_SIZE], 0)
        start, body = at, at + USUAL
        buffer[body] = 0  # attributes
        end = put_varint(buffer, put_varint(buffer, body + 1, timestamp - first), count)
        end = put_bytes(buffer, put_varint(buffer, end, size), source.data, key, key + size)
        value = end + USUAL
        stop = _put_value(
            buffer, value, numbers[r], integers[r, TS], ok[r], z[r], rolling, source.data, key, key + size
        )
        end = put_varint(buffer, put_sized(buffer, end, stop - value), 0)  # no headers
        at = put_sized(buffer, start, end - body)
        latest = max(latest, timestamp)
        count += 1
    times[0], times[1] = first, latest
    return at, count
