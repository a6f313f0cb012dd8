"""Raw input as objects: keys, values and timestamps of consecutive records of one partition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Records(NamedTuple):
    """Consecutive records of one partition, in log order; the three sequences have one entry per record."""

    keys: Sequence[bytes | None]
    values: Sequence[bytes | None]
    timestamps: Sequence[int]  # Kafka record timestamps, epoch ms

    def slice(self, start: int, stop: int) -> Records:
        """Return the records `start` to `stop` (exclusive)."""
        return Records(self.keys[start:stop], self.values[start:stop], self.timestamps[start:stop])
