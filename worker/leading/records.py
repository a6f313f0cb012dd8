"""Records with their partitions, and the checksum of those of a state."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from worker.kafka.records.outputs import Output
from worker.leading import parts

CHECKSUM = "alphapulse.checksum"  # header of the state's records


class Placed(NamedTuple):
    """A record and its partition."""

    partition: int
    record: Output


def checksum(key: bytes, value: bytes) -> bytes:
    """Return the CRC-32 of a state record's key and value, as 8 hexadecimal digits."""
    return f"{zlib.crc32(value, zlib.crc32(key)):08x}".encode()


def state_records(topic: str, records: Iterable[tuple[str, bytes | None]], ts: int) -> Iterator[Placed]:
    """Yield records of a state, written at `ts`, epoch ms; a value of None removes its key.

    All are to be written in one transaction: a value that is too large for one record goes out in parts.
    """
    for whole in records:
        for key, value in parts.split(*whole):
            name = key.encode()
            headers = () if value is None else ((CHECKSUM, checksum(name, value)),)
            yield Placed(0, Output(topic, name, value, ts, headers))
