"""Seam: `getmany` without per-record Python objects.

aiokafka creates an object per record. A consumer whose key deserializer is `UNDECODED` gets one `RawRecords` per
partition from `getmany` instead; group, positions, retries and errors remain aiokafka's.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.record.memory_records import MemoryRecords

from worker.engine.records.raw import RawRecords
from worker.kafka.records.decode import Aborted, decode
from worker.kafka.seams import pinned
from worker.wire import scan

log = logging.getLogger(__name__)
_original_records = fetcher.PartitionRecords


def UNDECODED(value: bytes) -> bytes:  # noqa: N802 - a marker that this seam never calls
    """Mark a consumer, as its `key_deserializer`, to get `RawRecords`."""
    return value


class RecordSet:
    """Replacement of aiokafka's MemoryRecords that keeps the bytes until the decoder is known."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def has_next(self) -> bool:
        """Return whether the set begins with a complete batch."""
        size = len(self.data)
        return size >= scan.OVERHEAD and scan.OVERHEAD + int.from_bytes(self.data[8:12], "big", signed=True) <= size

    def size_in_bytes(self) -> int:
        """Return the size of the set."""
        return len(self.data)


class RawPartitionRecords:
    """Replacement of aiokafka's PartitionRecords: an iterator over at most one `RawRecords`."""

    def __init__(
        self,
        tp: TopicPartition,
        records: RecordSet,
        aborted: Aborted | None,
        fetch_offset: int,
        *_: Any,
        check_crcs: bool,
        isolation_level: int,
    ) -> None:
        self.next_fetch_offset = fetch_offset
        self._tp, self._data = tp, records.data
        self._aborted = aborted if isolation_level == fetcher.READ_COMMITTED else None
        self._check = check_crcs
        self._decoded = self._decode()

    def __iter__(self) -> Iterator[RawRecords]:
        return self

    def __next__(self) -> RawRecords:
        return next(self._decoded)

    def _decode(self) -> Iterator[RawRecords]:
        found, self.next_fetch_offset = decode(
            self._data, self.next_fetch_offset, self._aborted or (), self._check, self._tp
        )
        if len(found) or found.epoch >= 0:  # markers alone also tell the leader epoch
            yield found


def partition_records(
    tp: TopicPartition,
    records: RecordSet,
    aborted_transactions: Aborted | None,
    fetch_offset: int,
    key_deserializer: Any,
    value_deserializer: Any,
    check_crcs: bool,
    isolation_level: int,
) -> Any:
    """Return the fetcher's iterator: ours for a marked consumer, else aiokafka's own."""
    if key_deserializer is UNDECODED:
        return RawPartitionRecords(
            tp, records, aborted_transactions, fetch_offset, check_crcs=check_crcs, isolation_level=isolation_level
        )
    own = MemoryRecords(records.data)
    return _original_records(
        tp, own, aborted_transactions, fetch_offset, key_deserializer, value_deserializer, check_crcs, isolation_level
    )


def decoding(fast: bool) -> dict[str, Any]:
    """Return the extra options of a consumer of `RawRecords`; none if aiokafka is to decode."""
    return {"key_deserializer": UNDECODED} if fast and install() else {}


def install() -> bool:
    """Patch aiokafka's fetcher; return False, and change nothing, for an unknown version."""
    if not pinned.known():
        log.warning("unknown version of aiokafka: records are decoded by its public interface")
        return False
    module: Any = fetcher
    module.MemoryRecords, module.PartitionRecords = RecordSet, partition_records
    return True
