"""Functions that wait to be called once, at the next change."""

from __future__ import annotations

import threading
from collections.abc import Callable

Listener = Callable[[], None]


class Listeners:
    """Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: set[Listener] = set()

    def add(self, listener: Listener) -> None:
        """Call it at the next change."""
        with self._lock:
            self._waiting.add(listener)

    def discard(self, listener: Listener) -> None:
        """Call it no more."""
        with self._lock:
            self._waiting.discard(listener)

    def call(self) -> None:
        """Something has changed."""
        if not self._waiting:
            return
        with self._lock:
            called, self._waiting = self._waiting, set()
        for listener in called:
            listener()
