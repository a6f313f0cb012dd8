"""A local file of states that are not in memory. It may be lost: the state topic and the input have everything."""

from __future__ import annotations

import logging
import os
import tempfile
import weakref
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from worker.engine.state.frames import Spill
from worker.kafka.errors import StateLost
from worker.settings import StateSettings
from worker.telemetry.metrics import METRICS

log = logging.getLogger(__name__)
FIRST = 64  # slots


class Spilling:
    """The spilling of one process. It ends with the first fault: states in memory stay there."""

    def __init__(self, settings: StateSettings) -> None:
        self._resident, self._folder = settings.resident_symbols, settings.spill_folder
        self.ended = False

    def new(self) -> Spill | None:
        """Create the spill of a partition's engine; return None if spilling is off or has ended."""
        if not self._resident or self.ended:
            return None
        try:
            return Spill(self._resident, SpillFile(self._folder, self))
        except OSError as error:
            self.end(error)
            return None

    def end(self, cause: object) -> None:
        """End spilling."""
        METRICS.spill_faults.inc()
        if not self.ended:
            self.ended = True
            log.error(
                "spilling stopped: states stay in memory", extra={"folder": str(self._folder), "cause": str(cause)}
            )


class SpillFile:
    """The spilled states of one partition, each at slot × its size, which is that of all; the checksums are in memory.

    The file has no name: the file system reclaims it however the process ends.
    """

    def __init__(self, folder: Path, spilling: Spilling) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.fd, name = tempfile.mkstemp(dir=folder, prefix="states-")
        weakref.finalize(self, os.close, self.fd)
        os.unlink(name)
        self._spilling = spilling
        self._sums = np.zeros(FIRST, np.uint32)  # by slot

    def put(self, slot: int, state: NDArray[np.uint8]) -> bool:
        """Write a slot's state; return False after a fault."""
        if self._spilling.ended:
            return False
        try:
            written = os.pwrite(self.fd, state.data, slot * state.size)
        except OSError as error:
            self._spilling.end(error)
            return False
        if written < state.size:
            self._spilling.end(f"{written} of {state.size} bytes written")
            return False
        if slot >= len(self._sums):
            self._sums = np.concatenate([self._sums, np.zeros(max(slot, len(self._sums)), np.uint32)])
        self._sums[slot] = crc32(state.data)
        METRICS.states_spilled.inc()
        return True

    def get(self, slot: int, state: NDArray[np.uint8]) -> None:
        """Read a slot's state.

        Raises:
            StateLost: the file does not contain what was written.
        """
        cause: object = "checksum"
        try:
            size = os.preadv(self.fd, [state.data], slot * state.size)
        except OSError as error:
            size, cause = 0, error
        if size < state.size or crc32(state.data) != self._sums[slot]:
            self._spilling.end(cause)
            raise StateLost(f"a spilled state can't be read back: {cause}")
        METRICS.states_brought_back.inc()
