"""Functions to call once, at the next change."""

from __future__ import annotations

import threading
from collections.abc import Callable

Listener = Callable[[], None]


class Listeners:
    """A set of listeners. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: set[Listener] = set()

    def add(self, listener: Listener) -> None:
        """Call `listener` at the next change."""
        with self._lock:
            self._waiting.add(listener)

    def discard(self, listener: Listener) -> None:
        """Remove `listener`."""
        with self._lock:
            self._waiting.discard(listener)

    def call(self) -> None:
        """Call and remove all listeners: something has changed."""
        if not self._waiting:
            return
        with self._lock:
            called, self._waiting = self._waiting, set()
        for listener in called:
            listener()
