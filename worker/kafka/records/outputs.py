"""Records to publish: single ones, or finished batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

from aiokafka.record.memory_records import MemoryRecords

Header = tuple[str, bytes]


class Output(NamedTuple):
    """One record to publish, to the partition of its input."""

    topic: str
    key: bytes | None
    value: bytes | None
    timestamp_ms: int
    headers: Sequence[Header]


class SendableBatch(Protocol):
    """A finished record batch in the form that `AIOKafkaProducer.send_batch` accepts."""

    def record_count(self) -> int:
        """Return the number of its records."""

    def close(self) -> None:
        """Refuse further records."""

    def _build(self) -> bytes | bytearray | memoryview: ...


class Prepared(NamedTuple):
    """A finished batch to publish, with its topic."""

    topic: str
    batch: SendableBatch


Outputs: TypeAlias = "Iterable[Output | Prepared]"


def unpacked(outputs: Iterable[Output | Prepared]) -> Iterator[Output]:
    """Yield every record singly, also those of finished batches, for a producer's public interface."""
    for output in outputs:
        if isinstance(output, Output):
            yield output
            continue
        records: Any = MemoryRecords(bytes(output.batch._build()))
        while records.has_next():
            for record in records.next_batch():
                yield Output(output.topic, record.key, record.value, record.timestamp, record.headers)
