"""Whose turn it is to take much memory: a commit and upkeep come one after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

PATIENCE = 10.0  # seconds; one that hangs in a store must not stop the others
Turn = Callable[[], AbstractContextManager[Any]]  # held within its block


class Turns:
    """One turn at a time, for threads; who has waited long enough goes on beside the other."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Hold the turn in the block."""
        held = self._lock.acquire(timeout=PATIENCE)
        try:
            yield
        finally:
            if held:
                self._lock.release()
