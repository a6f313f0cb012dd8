"""A record as a topic holds it."""

from __future__ import annotations

from typing import NamedTuple

Headers = tuple[tuple[str, bytes], ...]


class Entry(NamedTuple):
    """One committed record; headers are kept only where they are needed."""

    partition: int
    offset: int
    timestamp: int  # of the Kafka record, epoch ms
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
