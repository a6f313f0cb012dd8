"""One input partition from look to look: its lag, and whether it moves."""

from __future__ import annotations

from typing import NamedTuple

from worker.gateway.fleet.waiting import Waiting

STALLED = 10.0  # seconds without a commit while records wait
IDLE = 60.0  # seconds without new input


class Standing(NamedTuple):
    """Where a partition stands."""

    committed: int | None
    end: int
    lag: int
    lag_seconds: float
    stalled: bool
    idle: bool


class Progress:
    """Looks at one partition."""

    def __init__(self) -> None:
        self._waiting = Waiting()
        self._committed, self._end = -1, -1
        self._moved, self._grown = 0.0, 0.0  # when they last changed

    def look(self, now: float, committed: int | None, first: int, end: int) -> Standing:
        """Note offsets at a time in seconds; `first` is that of the log, where a group without a commit begins."""
        at = first if committed is None else committed
        if at != self._committed:
            self._committed, self._moved = at, now
        if end != self._end:
            self._end, self._grown = end, now
        lag = max(end - at, 0)
        seconds = self._waiting.note(now, end, at)
        stalled = lag > 0 and min(now - self._moved, seconds) >= STALLED
        return Standing(committed, end, lag, seconds, stalled, not lag and now - self._grown >= IDLE)
