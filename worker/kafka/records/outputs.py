"""Records to publish: one by one, or as a batch that is finished already."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol, TypeAlias

from aiokafka.record.memory_records import MemoryRecords

Header = tuple[str, bytes]


class Output(NamedTuple):
    """One record to publish; its partition is the input's."""

    topic: str
    key: bytes | None
    value: bytes | None
    timestamp_ms: int
    headers: Sequence[Header]


class SendableBatch(Protocol):
    """A finished record batch, as `AIOKafkaProducer.send_batch` takes it."""

    def record_count(self) -> int:
        """Records in it."""

    def close(self) -> None:
        """Nothing can be added any more."""

    def _build(self) -> bytes | bytearray | memoryview: ...


class Prepared(NamedTuple):
    """Records to publish that are a batch already."""

    topic: str
    batch: SendableBatch


Outputs: TypeAlias = "Iterable[Output | Prepared]"


def unpacked(outputs: Iterable[Output | Prepared]) -> Iterator[Output]:
    """The records of finished batches one by one, for a producer's public interface."""
    for output in outputs:
        if isinstance(output, Output):
            yield output
            continue
        records: Any = MemoryRecords(bytes(output.batch._build()))
        while records.has_next():
            for record in records.next_batch():
                yield Output(output.topic, record.key, record.value, record.timestamp, record.headers)
