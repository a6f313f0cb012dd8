"""Headers of decisions, as `worker.stream.output.builder` makes them, in the bytes of the record format."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.engine.intrinsics.addresses import BLOCK, address_of, copy_block, i8_at, u1_at
from worker.engine.kernel import inlined, kernel
from worker.engine.output.encoding.digits import put_int, size_of_count
from worker.engine.output.encoding.text import put_bytes, put_text
from worker.wire.plain import varint
from worker.wire.times import RFC3339_SIZE, put_rfc3339
from worker.wire.varint import put_varint, read_varint

FIXED = 7  # headers of a decision without trace context


class Headers(NamedTuple):
    """The fixed text of the headers of one input partition's decisions.

    Between its pieces come the offset, the input's timestamp with the traced headers, and the bar's close.
    """

    text: NDArray[np.uint8]
    source: int  # text[:source] precedes the size of ce_id
    prefix: int  # text[source:prefix] begins the value of ce_id
    ingest: int  # text[prefix:ingest] precedes the size of the timestamp
    close: int  # text[ingest:close] precedes the close time
    traced: NDArray[np.uint8]  # names of the headers copied from input to output, concatenated
    names: NDArray[np.int64]  # offset of each name, then the end of the last


def headers(
    common: Iterable[tuple[str, bytes]], record: tuple[str, int], kind: bytes, traced: Iterable[str]
) -> Headers:
    """Lay out the headers: the `common` ones, then those of one record of (topic, partition), then its `kind`."""
    topic, partition = record
    text = b"".join(_header(name.encode(), value) for name, value in common) + _named(b"ce_id")
    pieces = (
        text,
        f"{topic}-{partition}-".encode(),
        _named(b"alphapulse.ingest_ms"),
        _header(b"ce_type", kind) + _named(b"ce_time") + varint(RFC3339_SIZE),
    )
    source, prefix, ingest, close = accumulate(map(len, pieces))
    names = [name.encode() for name in traced]
    starts = np.cumsum([0, *map(len, names)])
    return Headers(
        _array(b"".join(pieces) + bytes(BLOCK)), source, prefix, ingest, close, _array(b"".join(names)), starts
    )


def _named(name: bytes) -> bytes:
    return varint(len(name)) + name


def _header(name: bytes, value: bytes) -> bytes:
    return _named(name) + _named(value)


def _array(text: bytes) -> NDArray[Any]:
    return np.frombuffer(text, np.uint8)


class Places(NamedTuple):
    """`Headers` as addresses, with the sizes of the pieces of its text."""

    text: int
    source: int
    prefix: int
    ingest: int
    close: int
    traced: int
    names: int
    known: int  # number of names


@inlined
def places_of(h):  # type: ignore[no-untyped-def]
    """Return the addresses of `Headers`."""
    return Places(
        address_of(h.text), h.source, h.prefix - h.source, h.ingest - h.prefix, h.close - h.ingest,
        address_of(h.traced), address_of(h.names), h.names.size - 1,
    )  # fmt: skip


@inlined
def _same(data, start, size, text, begin, end):  # type: ignore[no-untyped-def]
    if size != end - begin:
        return False
    i = 0
    while i < size and u1_at(data, start + i) == u1_at(text, begin + i):
        i += 1
    return i == size


@inlined
def _is_traced(data, start, size, h):  # type: ignore[no-untyped-def]
    n = 0
    while n < h.known and not _same(data, start, size, h.traced, i8_at(h.names, 8 * n), i8_at(h.names, 8 * n + 8)):
        n += 1
    return n < h.known


@inlined
def _next(data, at, stop):  # type: ignore[no-untyped-def]
    """Return the address and size of the name of the header at `at`, and the address and size (or -1) of its value.

    Clip both sizes at `stop`, whatever the header says.
    """
    size, name = read_varint(data, at)
    size = max(min(size, stop - name), 0)
    length, value = read_varint(data, name + size)
    return name, size, value, max(min(length, stop - value), -1)


@kernel
def _count_traced(h, data, at, stop):  # type: ignore[no-untyped-def]
    _, at = read_varint(data, at)
    found = 0
    while at < stop:
        name, size, value, length = _next(data, at, stop)
        at = value + max(length, 0)
        found += 1 if _is_traced(data, name, size, h) else 0
    return found


@kernel
def _put_traced(at, h, data, source, stop):  # type: ignore[no-untyped-def]
    _, source = read_varint(data, source)
    while source < stop:
        name, size, value, length = _next(data, source, stop)
        source = value + max(length, 0)
        if _is_traced(data, name, size, h):
            at = put_bytes(put_varint(at, size), data + name, size)
            at = put_bytes(put_varint(at, length), data + value, source - value)
    return at


@inlined
def put_headers(at, h, offset, timestamp, data, size, close_ts, known):  # type: ignore[no-untyped-def]
    """Write the headers of one decision, preceded by their number, and return the address after them.

    `h` are the `places_of` the layout. `data` is the address of the `size` bytes of the input record's headers.
    `close_ts` is the end of the bar in epoch ms; `known` is the address of its text, or 0 where it is not written yet.
    """
    traced = _count_traced(h, data, 0, size) if size > 1 else 0
    text = h.text
    at = put_text(put_varint(at, FIXED + traced), text, h.source)
    text += h.source
    at = put_text(put_varint(at, h.prefix + size_of_count(offset)), text, h.prefix)
    text += h.prefix
    at = put_text(put_int(at, offset), text, h.ingest)
    text += h.ingest
    end = put_int(at + 1, timestamp)
    put_varint(at, end - at - 1)
    at = end
    if traced > 0:
        at = _put_traced(at, h, data, 0, size)
    at = put_text(at, text, h.close)
    if known == 0:
        return put_rfc3339(at, close_ts)
    copy_block(at, known)
    return at + RFC3339_SIZE
