"""Headers of input records as Python objects, for the few records that have no compiled path."""

from __future__ import annotations

import numpy as np

from worker.wire.varint import read_varint


def read_headers(headers: bytes) -> list[tuple[str, bytes | None]]:
    """Return the headers of one record from their bytes in its batch, which begin with the number of headers."""
    data = np.frombuffer(headers, np.uint8).ctypes.data
    count, at = read_varint(data, 0)
    found: list[tuple[str, bytes | None]] = []
    for _ in range(count):
        size, at = read_varint(data, at)
        name = headers[at : at + size].decode()
        length, at = read_varint(data, at + size)
        found.append((name, None if length < 0 else headers[at : at + length]))
        at += max(length, 0)
    return found
