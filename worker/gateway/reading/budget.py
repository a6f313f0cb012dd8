"""How much one request may read."""

from __future__ import annotations

import time

from worker.gateway.log.turns import LOOK
from worker.gateway.resources.page import Scanned

RECORDS = 200_000
BYTES = 32 * 1024 * 1024
SECONDS = 2.0
AT_LEAST = 256  # records that are read however long their blocks took to come, so that each page gets on


class Budget:
    """Counts what was read."""

    def __init__(self, records: int = RECORDS, size: int = BYTES, seconds: float = SECONDS) -> None:
        self._records, self._bytes, self._seconds = records, size, seconds
        self.records = self.bytes = 0
        self._begun = time.monotonic()

    def read(self, size: int) -> None:
        """Count a record."""
        self.records += 1
        self.bytes += size

    @property
    def spent(self) -> bool:
        """Whether no more may be read."""
        if self.records >= self._records or self.bytes >= self._bytes:
            return True
        if self.records < AT_LEAST or self.records % LOOK:
            return False
        return time.monotonic() - self._begun >= self._seconds

    def scanned(self) -> Scanned:
        """Return what was read."""
        return Scanned(self.records, self.bytes, round((time.monotonic() - self._begun) * 1000))
