"""Whose turn it is to take much memory: a commit and upkeep come one after the other."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE = 10.0  # seconds; one that hangs in a store must not stop the others


class Turns:
    """One turn at a time, for threads; who has waited long enough goes on beside the other."""

    def __init__(self) -> None:
        self.shared = False  # upkeep is at work: memory is short
        self._lock = threading.Lock()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Hold the turn in the block."""
        held = self._lock.acquire(timeout=PATIENCE)
        try:
            yield
        finally:
            if held:
                self._lock.release()

    @contextmanager
    def sharing(self) -> Iterator[None]:
        """Tell in the block that upkeep is at work."""
        self.shared = True
        try:
            yield
        finally:
            self.shared = False
