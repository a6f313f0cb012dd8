"""Decoder of fetched record sets into `RawRecords`: checksums, aborted transactions, compression, old formats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from aiokafka import TopicPartition
from aiokafka.codec import gzip_decode, lz4_decode, snappy_decode, zstd_decode
from aiokafka.errors import CorruptRecordException
from aiokafka.record.control_record import ABORT_MARKER, ControlRecord
from aiokafka.record.default_records import DefaultRecordBatch
from aiokafka.record.memory_records import MemoryRecords
from numpy.typing import NDArray

from worker.engine.records.raw import ROW, RawRecords
from worker.kafka.records.checksum import COMPILED, checksum
from worker.kafka.records.columns import raw_of
from worker.wire import scan
from worker.wire.crc32c import all_right

_CODECS = {1: gzip_decode, 2: snappy_decode, 3: lz4_decode, 4: zstd_decode}
Aborted: TypeAlias = Sequence[tuple[int, int]]


def decode(data: bytes, first: int, aborted: Aborted, check_crcs: bool, tp: TopicPartition) -> tuple[RawRecords, int]:
    """Return the records of a record set from offset `first` on, and the offset to fetch next.

    `aborted` are (producer id, first offset) of the aborted transactions whose records must be skipped.

    Raises:
        CorruptRecordException: a checksum is wrong, or the bytes are inconsistent.
    """
    buffer = np.frombuffer(data, np.uint8)
    batches, facts = np.zeros(scan.count_batches(buffer), scan.BATCH), np.empty(scan.FACTS, np.int64)
    if scan.read_batches(buffer, batches, facts):
        raise CorruptRecordException(f"a batch is shorter than its header - {tp}")
    if check_crcs:
        _check(buffer, batches, tp)
    old, compressed, records, last_offset = facts.tolist()
    if old:
        return _old_format(data, batches, first)
    if aborted:
        _skip_aborted(data, batches, aborted)
    epoch = _leader_epoch(data, int(batches["start"][-1])) if len(batches) else -1
    if compressed:
        buffer, batches = _uncompressed(data, batches)
        records = int(batches["records"].sum())
    rows = np.empty(records + 1, ROW)
    count = scan.read_records(buffer, batches, first, rows)
    if count < 0:
        raise CorruptRecordException(f"a record contradicts its batch - {tp}")
    return RawRecords(buffer, rows[:count], epoch), max(first, last_offset + 1)


def _leader_epoch(data: bytes, start: int) -> int:
    return int.from_bytes(data[start + scan.OVERHEAD : start + scan.MAGIC], "big", signed=True)


def _check(buffer: NDArray[np.uint8], batches: NDArray[Any], tp: TopicPartition) -> None:
    if COMPILED:
        right = all_right(buffer, batches)
    else:
        named = zip(*(batches[name].tolist() for name in ("start", "end", "crc", "magic")), strict=True)
        right = all(
            magic < 2 or checksum(buffer.data[start + scan.ATTRIBUTES : end]) == crc for start, end, crc, magic in named
        )
    if not right:
        raise CorruptRecordException(f"Invalid CRC - {tp}")


def _skip_aborted(data: bytes, batches: NDArray[Any], aborted: Aborted) -> None:
    """Mark the batches of aborted transactions: from each one's first offset to its producer's next abort marker."""
    waiting = sorted(aborted, key=lambda each: each[1])
    producers: set[int] = set()
    for batch in batches:
        while waiting and waiting[0][1] <= batch["base_offset"]:
            producers.add(waiting.pop(0)[0])
        producer = int(batch["producer_id"])
        if batch["attributes"] & scan.CONTROL:
            marker: Any = next(DefaultRecordBatch(bytearray(data[batch["start"] : batch["end"]])))
            if ControlRecord.parse(marker.key) == ABORT_MARKER:
                producers.discard(producer)
        elif batch["attributes"] & scan.TRANSACTIONAL and producer in producers:
            batch["skip"] = True


def _uncompressed(data: bytes, batches: NDArray[Any]) -> tuple[NDArray[np.uint8], NDArray[Any]]:
    """Return the batches with their records uncompressed; skipped batches have no records."""
    kept = batches[~batches["skip"]].copy()
    parts: list[bytes] = []
    at = 0
    for batch in kept:
        body = data[batch["start"] + scan.HEADER : batch["end"]]
        if codec := int(batch["attributes"]) & scan.CODEC:
            body = _CODECS[codec](body)
        parts += [bytes(scan.HEADER), body]
        batch["start"], at = at, at + scan.HEADER + len(body)
        batch["end"] = at
        if batch["records"] * 7 > len(body):
            raise CorruptRecordException("a batch has fewer records than it says")
    # The next offset counts skipped batches, too.
    skipped = batches[batches["skip"]].copy()
    skipped["start"] = skipped["end"] = skipped["records"] = 0
    return np.frombuffer(b"".join(parts), np.uint8), np.concatenate([kept, skipped])


def _old_format(data: bytes, batches: NDArray[Any], first: int) -> tuple[RawRecords, int]:
    """Decode message sets older than Kafka 0.11 by aiokafka's own decoder."""
    found: list[Any] = []
    last = first - 1
    records: Any = MemoryRecords(data)
    while records.has_next():
        batch = records.next_batch()
        if not batch.validate_crc():
            raise CorruptRecordException("Invalid CRC")
        last = max(last, batch.next_offset - 1)
        if not batch.is_control_batch:
            found += [record for record in batch if record.offset >= first]
    return raw_of(found), last + 1
