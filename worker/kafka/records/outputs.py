"""Records to publish: one by one, or as a batch that is finished already."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol, TypeAlias

Header = tuple[str, bytes]


class Output(NamedTuple):
    """One record to publish; its partition is the input's."""

    topic: str
    key: bytes | None
    value: bytes | None
    timestamp_ms: int
    headers: Sequence[Header]


class Batch(Protocol):
    """A finished record batch, as `AIOKafkaProducer.send_batch` takes it."""

    def record_count(self) -> int:
        """Records in it."""

    def close(self) -> None:
        """Nothing can be added any more."""

    def _build(self) -> bytes | bytearray | memoryview: ...


class Prepared(NamedTuple):
    """Records to publish that are a batch already."""

    topic: str
    batch: Batch


Outputs: TypeAlias = "Iterable[Output | Prepared]"
