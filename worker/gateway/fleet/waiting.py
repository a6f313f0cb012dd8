"""How long the oldest record that is not committed has been waiting."""

from __future__ import annotations

from collections import deque

MOST = 600  # samples of a partition; then every second one is dropped


class Waiting:
    """The end offsets of one partition as they were seen; only what is not committed is kept."""

    def __init__(self) -> None:
        self._ends: deque[tuple[float, int]] = deque()  # when an end was first seen, seconds
        self._newest = -1

    def note(self, now: float, end: int, committed: int) -> float:
        """Return for how many seconds the oldest uncommitted record has been known to wait; 0 where none does.

        It is exact to the distance of two looks, and counts from the first look at the earliest.
        """
        if end > self._newest:
            self._ends.append((now, end))
            self._newest = end
            if len(self._ends) > MOST:
                self._ends = deque(list(self._ends)[::2])  # the oldest stays
        while self._ends and self._ends[0][1] <= committed:
            self._ends.popleft()
        return now - self._ends[0][0] if self._ends and end > committed else 0.0
