"""Record sets as a broker sends them, written by aiokafka's own builder."""

from __future__ import annotations

import random
import struct
from collections.abc import Sequence
from typing import Any

from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c

CONTROL, LOG_APPEND_TIME, TRANSACTIONAL = 0x20, 0x08, 0x10
Record = tuple[bytes | None, bytes | None, int, Sequence[tuple[str, bytes | None]]]  # key, value, timestamp, headers
MARKER_ABORT, MARKER_COMMIT = struct.pack(">hh", 0, 0), struct.pack(">hh", 0, 1)


def batch(
    records: Sequence[Record],
    base: int = 0,
    codec: int = 0,
    attributes: int = 0,
    producer: int = -1,
    kept: Sequence[int] | None = None,
) -> bytes:
    """One batch. `attributes` are added to the codec's; `kept` are the offset deltas, as a compacted topic has gaps."""
    deltas = range(len(records)) if kept is None else kept
    builder = DefaultRecordBatchBuilder(2, codec, False, producer, 0, 0, 1 << 24)
    for delta, (key, value, timestamp, headers) in zip(deltas, records, strict=True):
        builder.append(delta, timestamp, key, value, list(headers))
    data = bytearray(builder.build())
    struct.pack_into(">q", data, 0, base)
    struct.pack_into(">h", data, 21, struct.unpack_from(">h", data, 21)[0] | attributes)
    return resigned(data)


def marker(base: int, producer: int, key: bytes = MARKER_ABORT) -> bytes:
    """The control batch that ends a transaction."""
    return batch([(key, bytes(6), 0, ())], base, 0, CONTROL | TRANSACTIONAL, producer)


def resigned(data: bytearray) -> bytes:
    """The batch with its checksum set right again."""
    struct.pack_into(">I", data, 17, calc_crc32c(bytes(data[21:])))
    return bytes(data)


def random_records(rng: random.Random, count: int) -> list[Record]:
    """Records with null, empty and long parts and some headers."""
    return [
        (
            rng.choice([None, b"", b"A", b"K" * 70, rng.randbytes(9)]),
            rng.choice([None, b"", rng.randbytes(rng.randrange(300))]),
            rng.choice([0, 1_700_000_000_000, rng.randrange(1 << 45)]),
            rng.choice([(), (), [("traceparent", b"x" * 55)], [("", None), ("n" * 130, b"v")]]),
        )
        for _ in range(count)
    ]


def random_set(rng: random.Random) -> tuple[bytes, list[tuple[int, int]], int]:
    """(record set, aborted transactions, next offset) with every kind of batch."""
    data: list[bytes] = []
    aborted: list[tuple[int, int]] = []
    open_aborted: dict[int, bool] = {}
    offset = rng.randrange(1 << 40)
    for _ in range(rng.randrange(1, 12)):
        producer = rng.choice([-1, 7, 8, 9])
        if producer >= 0 and rng.random() < 0.3:
            bad = open_aborted.pop(producer, False)
            data.append(marker(offset, producer, MARKER_ABORT if bad else MARKER_COMMIT))
            offset += 1
            continue
        if producer >= 0 and producer not in open_aborted:
            open_aborted[producer] = rng.random() < 0.5
            if open_aborted[producer]:
                aborted.append((producer, offset))
        count = rng.randrange(1, 30)
        deltas = sorted(rng.sample(range(2 * count), count)) if rng.random() < 0.3 else None
        attributes = TRANSACTIONAL if producer >= 0 else rng.choice([0, LOG_APPEND_TIME])
        data.append(
            batch(random_records(rng, count), offset, rng.choice([0, 0, 0, 1, 2, 3, 4]), attributes, producer, deltas)
        )
        offset += (deltas[-1] + 1) if deltas else count
    rng.shuffle(aborted)
    return b"".join(data), aborted, offset


def plain(records: Any) -> list[tuple[Any, ...]]:
    """Decoded records as comparable tuples."""
    return [(r.offset, r.timestamp, r.key, r.value, tuple(r.headers)) for r in records]
