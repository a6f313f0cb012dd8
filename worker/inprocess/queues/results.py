"""The unread results."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

from worker.inprocess.queues.listeners import Listeners
from worker.inprocess.result import ProcessingResult


class ReadyResults:
    """A bounded queue: when full, it drops and counts the oldest unread result. Safe to use from any thread."""

    def __init__(self, capacity: int) -> None:
        self._results: deque[ProcessingResult] = deque()
        self._capacity = capacity
        self._arrived = threading.Condition(threading.Lock())
        self._ended = True
        self.listeners = Listeners()
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._results)

    @property
    def has_ended(self) -> bool:
        """Whether no more results will come."""
        return self._ended

    def begin(self) -> None:
        """Let `get` wait: results will come."""
        with self._arrived:
            self._ended = False

    def end(self) -> None:
        """Let `get` return without waiting: no more results will come."""
        with self._arrived:
            self._ended = True
            self._arrived.notify_all()
        self.listeners.call()

    def put(self, results: Sequence[ProcessingResult]) -> None:
        """Add results in order."""
        with self._arrived:
            self._results.extend(results)
            for _ in range(len(self._results) - self._capacity):
                self._results.popleft()
                self.dropped += 1
            self._arrived.notify_all()
        self.listeners.call()

    def get(self, timeout: float | None) -> ProcessingResult | None:
        """Return the oldest unread result; None when none comes within `timeout` seconds (None = forever) or ever."""
        with self._arrived:
            if not self._results and not self._wait(timeout):
                return None
            return self._results.popleft() if self._results else None

    def _wait(self, timeout: float | None) -> bool:
        return self._arrived.wait_for(lambda: bool(self._results) or self._ended, timeout)
