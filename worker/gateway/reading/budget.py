"""How much one request may read."""

from __future__ import annotations

import time

from worker.gateway.resources.page import Scanned

RECORDS = 200_000
BYTES = 32 * 1024 * 1024
SECONDS = 2.0


class Budget:
    """Counts what was read."""

    def __init__(self, records: int = RECORDS, size: int = BYTES, seconds: float = SECONDS) -> None:
        self.most, self._bytes, self._seconds = records, size, seconds
        self.records = self.bytes = 0
        self._begun = time.monotonic()

    def read(self, records: int, size: int) -> None:
        """Count records and their bytes."""
        self.records += records
        self.bytes += size

    @property
    def spent(self) -> bool:
        """Whether no more may be read."""
        if self.records >= self.most or self.bytes >= self._bytes:
            return True
        return time.monotonic() - self._begun >= self._seconds

    def scanned(self) -> Scanned:
        """Return what was read."""
        return Scanned(self.records, self.bytes, round((time.monotonic() - self._begun) * 1000))
