"""A finished record batch for aiokafka's producer: the methods of its `BatchBuilder`, pinned to 0.14."""

from __future__ import annotations

from typing import Any

from worker.kafka.records.checksum import checksum
from worker.wire.framing import ATTRIBUTES_AT, CRC, CRC_AT, PRODUCER, PRODUCER_AT
from worker.wire.writer import RecordBatch


class FinishedBatch:
    """A full batch that `AIOKafkaProducer.send_batch` accepts in place of one of `create_batch`."""

    def __init__(self, batch: RecordBatch) -> None:
        self._data, self._records = batch
        self._checked = False

    def append(self, *, timestamp: Any, key: Any, value: Any, headers: Any = ()) -> None:
        """Refuse a record, like a full batch."""

    def close(self) -> None:
        """Do nothing: it is closed already."""

    def closed(self) -> bool:
        """Return True."""
        return True

    def size(self) -> int:
        """Return the size in bytes."""
        return len(self._data)

    def record_count(self) -> int:
        """Return the number of records."""
        return self._records

    def _set_producer_state(self, producer_id: int, producer_epoch: int, base_sequence: int) -> None:
        PRODUCER.pack_into(self._data, PRODUCER_AT, producer_id, producer_epoch, base_sequence)
        self._checked = False

    def _build(self) -> memoryview:
        # Each send attempt calls this; only a new producer state changes the bytes.
        if not self._checked:
            CRC.pack_into(self._data, CRC_AT, checksum(self._data[ATTRIBUTES_AT:]))
            self._checked = True
        return self._data
