"""CRC-32C of record batches: compiled if the CPU has the instruction, else the client library's."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from aiokafka.record.util import calc_crc32c

from worker.wire.crc32c import available, crc32c

COMPILED = available()  # the library's takes ten times as long
_library = cast("Callable[[memoryview], int]", calc_crc32c)  # its annotation names fewer types than it takes


def checksum(data: memoryview) -> int:
    """Return the checksum of `data`."""
    return crc32c(data) if COMPILED else _library(data)
