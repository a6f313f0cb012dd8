"""A finished record batch as aiokafka's producer takes one: the methods of its `BatchBuilder`, pinned to 0.14."""

from __future__ import annotations

from typing import Any

from worker.kafka.records.checksum import checksum
from worker.wire.framing import ATTRIBUTES_AT, CRC, CRC_AT, PRODUCER, PRODUCER_AT
from worker.wire.writer import RecordBatch


class FinishedBatch:
    """What `AIOKafkaProducer.send_batch` takes in place of what `create_batch` gives; it is full from the start."""

    def __init__(self, batch: RecordBatch) -> None:
        self._data, self._records = batch
        self._checked = False

    def append(self, *, timestamp: Any, key: Any, value: Any, headers: Any = ()) -> None:
        """Refuse a record, as a full batch does."""

    def close(self) -> None:
        """Nothing: it is closed."""

    def closed(self) -> bool:
        """Always."""
        return True

    def size(self) -> int:
        """Bytes."""
        return len(self._data)

    def record_count(self) -> int:
        """Records."""
        return self._records

    def _set_producer_state(self, producer_id: int, producer_epoch: int, base_sequence: int) -> None:
        PRODUCER.pack_into(self._data, PRODUCER_AT, producer_id, producer_epoch, base_sequence)
        self._checked = False

    def _build(self) -> memoryview:
        # Each attempt to send asks for the bytes; only another producer state changes them.
        if not self._checked:
            CRC.pack_into(self._data, CRC_AT, checksum(self._data[ATTRIBUTES_AT:]))
            self._checked = True
        return self._data
