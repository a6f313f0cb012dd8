"""The results that nobody has read yet."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

from worker.inprocess.queues.listeners import Listeners
from worker.inprocess.result import ProcessingResult


class ReadyResults:
    """Bounded: when it is full the oldest unread result goes, and is counted. Safe to use from any thread."""

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
        """Whether no more will come."""
        return self._ended

    def begin(self) -> None:
        """Results will come: `get` waits for them."""
        with self._arrived:
            self._ended = False

    def end(self) -> None:
        """No more will come: `get` waits no longer."""
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
        """The oldest unread result; None when none came within `timeout` seconds (None = for ever) or none will."""
        with self._arrived:
            if not self._results and not self._wait(timeout):
                return None
            return self._results.popleft() if self._results else None

    def _wait(self, timeout: float | None) -> bool:
        return self._arrived.wait_for(lambda: bool(self._results) or self._ended, timeout)
