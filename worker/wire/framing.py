"""The 61-byte header of a record batch (Kafka's message format, version 2), and the fields that are set later."""

from __future__ import annotations

import struct
from typing import Any

from numpy.typing import NDArray

# base offset, length counted from the next field, leader epoch, magic, CRC-32C, attributes, last offset delta, base and
# largest timestamp, producer id and epoch, base sequence, number of records
HEADER = struct.Struct(">qiibIhiqqqhii")
LENGTH_FROM, CRC_AT, ATTRIBUTES_AT, PRODUCER_AT = 12, 17, 21, 43  # byte offsets
PRODUCER = struct.Struct(">qhi")  # id, epoch and base sequence
CRC = struct.Struct(">I")
MAGIC, TRANSACTIONAL, NONE = 2, 0x10, -1


def put_header(buffer: NDArray[Any], size: int, times: tuple[int, int], count: int, transactional: bool) -> None:
    """Write the header of a batch of `size` bytes and `count` records, without producer and CRC.

    `times` are the first and the largest timestamp in epoch ms.
    """
    attributes = TRANSACTIONAL if transactional else 0
    fields = 0, size - LENGTH_FROM, NONE, MAGIC, 0, attributes, count - 1, *times, NONE, NONE, 0, count
    HEADER.pack_into(buffer.data, 0, *fields)
