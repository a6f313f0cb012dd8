"""Scanner for batches and records in a fetched record set, without per-record Python objects.

Format: Apache Kafka's record batch, magic 2. Truncated or inconsistent data is never read past its end.
"""

from __future__ import annotations

import numpy as np

from worker.engine.kernel import inlined, kernel

OVERHEAD = 12  # bytes of a batch that its `length` does not count
HEADER = 61  # bytes before the first record
MAGIC, CRC, ATTRIBUTES = 16, 17, 21  # byte offsets in a batch
CODEC, LOG_APPEND_TIME, TRANSACTIONAL, CONTROL = 0x07, 0x08, 0x10, 0x20  # bits of the attributes
CORRUPT = -1

BATCH = np.dtype(
    [
        ("start", "i8"),  # offset in the record set, bytes
        ("end", "i8"),
        ("base_offset", "i8"),
        ("last_offset", "i8"),
        ("first_timestamp", "i8"),
        ("max_timestamp", "i8"),
        ("producer_id", "i8"),
        ("crc", "i8"),
        ("attributes", "i8"),
        ("records", "i8"),
        ("magic", "i8"),
        ("skip", "?"),  # control batch, or batch of an aborted transaction
    ],
    align=True,
)


@inlined
def _big_endian(data, at, size):  # type: ignore[no-untyped-def]
    value = np.int64(np.int8(data[at]))
    for i in range(1, size):
        value = (value << 8) | np.int64(data[at + i])
    return value


@inlined
def _varint(data, at, end):  # type: ignore[no-untyped-def]
    """Return a zigzag varint and the position after it; the position is past `end` for a truncated one."""
    raw = np.uint64(0)
    shift = np.uint64(0)
    while at < end and shift < np.uint64(64):
        byte = np.uint64(data[at])
        at += 1
        raw |= (byte & np.uint64(0x7F)) << shift
        if byte < np.uint64(0x80):
            return np.int64(raw >> np.uint64(1)) ^ -np.int64(raw & np.uint64(1)), at
        shift += np.uint64(7)
    return np.int64(0), end + 1


@kernel
def count_batches(data):  # type: ignore[no-untyped-def]
    """Count the complete batches at the start of `data` (n,) uint8."""
    count, at = 0, 0
    while at + OVERHEAD <= data.size:
        length = _big_endian(data, at + 8, 4)
        if length < 0 or at + OVERHEAD + length > data.size:
            break
        at += OVERHEAD + length
        count += 1
    return count


# What `read_batches` says of all batches: whether any is of an older format, or compressed; their records; the offset
# of the last record of any.
OLD, COMPRESSED, RECORDS, LAST_OFFSET, FACTS = range(5)


@kernel
def read_batches(data, batches, facts):  # type: ignore[no-untyped-def]
    """Fill `batches`, BATCH rows as many as `count_batches` says. Return 0, or CORRUPT for a batch that is too short.

    For batches older than magic 2, set only position and magic. `facts` (FACTS,) are set.
    """
    at = 0
    facts[:] = 0
    facts[LAST_OFFSET] = -1
    for i in range(batches.size):
        batch = batches[i]
        end = at + OVERHEAD + _big_endian(data, at + 8, 4)
        if end - at <= MAGIC:
            return CORRUPT
        batch.start, batch.end = at, end
        batch.magic = _big_endian(data, at + MAGIC, 1)
        if batch.magic >= 2:
            if end - at < HEADER:
                return CORRUPT
            batch.base_offset = _big_endian(data, at, 8)
            batch.crc = _big_endian(data, at + CRC, 4) & 0xFFFFFFFF
            batch.attributes = _big_endian(data, at + ATTRIBUTES, 2)
            batch.last_offset = batch.base_offset + _big_endian(data, at + 23, 4)
            batch.first_timestamp = _big_endian(data, at + 27, 8)
            batch.max_timestamp = _big_endian(data, at + 35, 8)
            batch.producer_id = _big_endian(data, at + 43, 8)
            batch.records = _big_endian(data, at + 57, 4)
            # The smallest record takes 7 bytes: never reserve memory by a larger count.
            compressed = (batch.attributes & CODEC) != 0
            if batch.records < 0 or (not compressed and batch.records * 7 > end - at - HEADER):
                return CORRUPT
            batch.skip = (batch.attributes & CONTROL) != 0
            facts[COMPRESSED] |= compressed
            facts[RECORDS] += batch.records
            facts[LAST_OFFSET] = max(facts[LAST_OFFSET], batch.last_offset)
        else:
            facts[OLD] = 1
        at = end
    return 0


@inlined
def _blob(data, at, end):  # type: ignore[no-untyped-def]
    """Return (position, size or -1, position after them) of bytes that are preceded by their length."""
    size, at = _varint(data, at, end)
    if at > end or size > end - at or size < -1:
        return at, size, end + 1
    return at, size, at + max(size, 0)


@inlined
def _headers_end(data, at, end):  # type: ignore[no-untyped-def]
    count, at = _varint(data, at, end)
    if count < 0:
        return end + 1
    while count > 0 and at <= end:
        _, size, at = _blob(data, at, end)
        if size < 0 or at > end:
            return end + 1
        _, size, at = _blob(data, at, end)
        count -= 1
    return at


@kernel
def _read_record(data, at, end, batch, row):  # type: ignore[no-untyped-def]
    """Read one record into `row` and return the position after it, past `end` if it is corrupt."""
    size, at = _varint(data, at, end)
    if at > end or size > end - at:
        return end + 1
    stop = at + size
    delta, at = _varint(data, at + 1, stop)
    row.timestamp = batch.max_timestamp if (batch.attributes & LOG_APPEND_TIME) else batch.first_timestamp + delta
    delta, at = _varint(data, at, stop)
    row.offset = batch.base_offset + delta
    row.key, row.key_size, at = _blob(data, at, stop)
    row.value, row.value_size, at = _blob(data, at, stop)
    row.headers = at
    at = _headers_end(data, at, stop)
    row.headers_size = at - row.headers
    return stop if at == stop else end + 1


@kernel
def read_records(data, batches, first, rows):  # type: ignore[no-untyped-def]
    """Read the records at offsets from `first` on into `rows` (ROW), from uncompressed batches that are not skipped.

    Return their number, or CORRUPT. `rows` needs one row more than the batches have records.
    """
    count = 0
    for i in range(batches.size):
        batch = batches[i]
        if batch.skip:
            continue
        at = batch.start + HEADER
        for _ in range(batch.records):
            at = _read_record(data, at, batch.end, batch, rows[count])
            if at > batch.end:
                return CORRUPT
            if rows[count].offset >= first:
                count += 1
        if at != batch.end:
            return CORRUPT
    return count
