"""Seam: produce requests that copy each record batch only once.

aiokafka builds a request by joining its parts level by level, which copies each batch eight times before the socket.
Here the parts are joined once, at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, TypeAlias

from aiokafka.producer import sender
from aiokafka.protocol.produce import ProduceRequest
from aiokafka.protocol.types import Int16, Int32, String

from worker.kafka.seams import pinned

Buffer: TypeAlias = bytes | bytearray | memoryview
TEXT = String("utf-8")
TRANSACTIONS = 3  # first version of the request with a transactional id


class Body:
    """An encoded request; `header + body` is a `Message`."""

    def __init__(self, parts: Iterable[Buffer]) -> None:
        self._parts = list(parts)

    def __radd__(self, header: bytes) -> Message:
        return Message([header, *self._parts])


class Message:
    """An encoded request with its header; `size + message` are its bytes."""

    def __init__(self, parts: list[Buffer]) -> None:
        self._parts = parts

    def __len__(self) -> int:
        return sum(memoryview(part).nbytes for part in self._parts)

    def __radd__(self, size: bytes) -> bytes:
        return b"".join((size, *self._parts))


def _parts(request: Any) -> Iterator[Buffer]:
    if request.API_VERSION >= TRANSACTIONS:
        yield TEXT.encode(request.transactional_id)
    yield Int16.encode(request.required_acks) + Int32.encode(request.timeout) + Int32.encode(len(request.topics))
    for topic, partitions in request.topics:
        yield TEXT.encode(topic) + Int32.encode(len(partitions))
        for partition, batch in partitions:
            yield Int32.encode(partition) + Int32.encode(len(batch))
            yield batch


@cache
def _apart(struct: type[Any]) -> type[Any]:
    """Derive a request class that encodes in parts."""
    return type(struct.__name__, (struct,), {"encode": lambda self: Body(_parts(self))})


class PartedProduceRequest(ProduceRequest):
    """`ProduceRequest` for the sender of aiokafka's producers."""

    def build(self, request_struct_class: type[Any]) -> Any:
        """Build the request in the broker's version."""
        return super().build(_apart(request_struct_class))  # type: ignore[arg-type]


def install_parted_requests() -> bool:
    """Patch aiokafka's producers; return False, and change nothing, for an unknown version."""
    if not pinned.known():
        return False
    module: Any = sender
    module.ProduceRequest = PartedProduceRequest
    return True
