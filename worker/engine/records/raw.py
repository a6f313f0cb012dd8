"""Raw input without per-record Python objects: one buffer, and a row with the places of each record's parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from worker.engine.kernel import kernel
from worker.engine.records.records import Records

ROW = np.dtype(
    [
        ("offset", "i8"),  # input offset
        ("timestamp", "i8"),  # of the Kafka record, epoch ms
        ("key", "i4"),  # offset of its first byte
        ("key_size", "i4"),  # bytes, -1 = null
        ("value", "i4"),
        ("value_size", "i4"),  # bytes, -1 = null
        ("headers", "i4"),  # as in the record batch: their number as a varint, then each one
        ("headers_size", "i4"),  # bytes, 1 without any header
    ],
    align=True,
)
MOST_BYTES = 2**31 - 1  # offsets of parts are int32


class RawRecords(NamedTuple):
    """Consecutive records of one partition, in log order."""

    data: NDArray[np.uint8]
    rows: NDArray[Any]  # ROW, shape (n,); keys, values and headers lie in `data`
    epoch: int = -1  # leader epoch of the last record, or of those fetched with it; -1 = unknown

    def __len__(self) -> int:
        return len(self.rows)

    def slice(self, start: int, stop: int) -> RawRecords:
        """Return the records `start` to `stop` (exclusive); the buffer is shared."""
        return RawRecords(self.data, self.rows[start:stop], self.epoch)

    def where(self, chosen: NDArray[np.bool_ | np.int64]) -> RawRecords:
        """Return the `chosen` records, by a flag each or by their rows."""
        return RawRecords(self.data, self.rows[chosen], self.epoch)

    def arrays(self) -> tuple[NDArray[np.uint8], NDArray[Any]]:
        """Return both arrays contiguous and read-only, so that kernels are compiled only once."""
        both = np.ascontiguousarray(self.data).view(), np.ascontiguousarray(self.rows).view()
        for array in both:
            array.flags.writeable = False
        return both

    def key(self, row: int) -> bytes | None:
        """Return a record's key."""
        return self._part(row, "key")

    def value(self, row: int) -> bytes | None:
        """Return a record's value."""
        return self._part(row, "value")

    def headers(self, row: int) -> bytes:
        """Return a record's headers as in the record batch, preceded by their number."""
        return self._part(row, "headers") or b"\x00"

    def all_keys(self) -> list[bytes | None]:
        """Return all keys."""
        return self._parts("key")

    def all_headers(self) -> list[bytes]:
        """Return all headers, each as `headers` does."""
        return [part or b"\x00" for part in self._parts("headers")]

    def records(self) -> Records:
        """Return the records as one object each."""
        return Records(self.all_keys(), self._parts("value"), self.rows["timestamp"].tolist())

    def _part(self, row: int, name: str) -> bytes | None:
        start, size = int(self.rows[name][row]), int(self.rows[f"{name}_size"][row])
        return None if size < 0 else self.data[start : start + size].tobytes()

    def _parts(self, name: str) -> list[bytes | None]:
        starts, sizes, data = self.rows[name].tolist(), self.rows[f"{name}_size"].tolist(), self.data.data
        return [
            None if size < 0 else bytes(data[start : start + size]) for start, size in zip(starts, sizes, strict=True)
        ]


def together(parts: Sequence[RawRecords]) -> RawRecords:
    """Concatenate several into one; the records need not be of one partition."""
    if len(parts) == 1:
        return parts[0]
    if not parts:
        return RawRecords(np.zeros(0, np.uint8), np.zeros(0, ROW))
    # Numpy concatenates plain bytes at once, and records with a look at each of their fields.
    rows = np.concatenate([np.ascontiguousarray(part.rows).view(np.uint8) for part in parts]).view(ROW)
    _move(rows, np.array([(len(part.rows), part.data.size) for part in parts]))
    return RawRecords(np.concatenate([part.data for part in parts]), rows, max(part.epoch for part in parts))


@kernel
def _move(rows, sizes):  # type: ignore[no-untyped-def]
    # sizes[part] = its rows, and bytes of its buffer, which those of later parts lie behind.
    at = moved = 0
    for part in range(len(sizes)):
        for _ in range(sizes[part, 0]):
            row = rows[at]
            row.key += moved
            row.value += moved
            row.headers += moved
            at += 1
        moved += sizes[part, 1]


def raw_records(records: Records, offsets: Sequence[int] | NDArray[np.int64] | None = None) -> RawRecords:
    """Convert records without headers to `RawRecords`; `offsets` count from 0 by default.

    Raises:
        ValueError: keys and values exceed 2 GiB.
    """
    rows = np.zeros(len(records.keys), ROW)
    rows["offset"] = np.arange(len(rows)) if offsets is None else offsets
    rows["timestamp"] = records.timestamps
    parts: list[bytes] = [b"\x00"]
    at = 1
    for name, values in (("key", records.keys), ("value", records.values)):
        sizes = np.array([-1 if value is None else len(value) for value in values], np.int64)
        ends = at + np.cumsum(np.maximum(sizes, 0))
        rows[name], rows[f"{name}_size"] = ends - np.maximum(sizes, 0), sizes
        if ends.size and ends[-1] > MOST_BYTES:
            raise ValueError(f"{int(ends[-1])} bytes in one batch; at most {MOST_BYTES} fit")
        parts += [value or b"" for value in values]
        at = int(ends[-1]) if ends.size else at
    rows["headers"], rows["headers_size"] = 0, 1
    return RawRecords(np.frombuffer(b"".join(parts), np.uint8), rows)
