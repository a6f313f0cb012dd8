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
    taken: bool = True  # the owner has committed, or nothing waits for it


class Progress:
    """Looks at one partition."""

    def __init__(self) -> None:
        self._waiting = Waiting()
        self._committed, self._end = -1, -1
        self._moved, self._grown = 0.0, 0.0  # when they last changed
        self._owner: str | None = None
        self._given = -1  # committed offset when the owner got it; less: it was the owner before

    def look(self, now: float, committed: int | None, first: int, end: int, owner: str | None = None) -> Standing:
        """Note offsets at a time in seconds; `first` is that of the log, where a group without a commit begins.

        `owner` is the member that has the partition; None while nobody has it.
        """
        at = first if committed is None else committed
        if owner is not None and owner != self._owner:
            self._given = -1 if self._owner is None else at
            self._owner = owner
        if at != self._committed:
            self._committed, self._moved = at, now
        if end != self._end:
            self._end, self._grown = end, now
        lag = max(end - at, 0)
        seconds = self._waiting.note(now, end, at)
        stalled = lag > 0 and min(now - self._moved, seconds) >= STALLED
        idle = not lag and now - self._grown >= IDLE
        return Standing(committed, end, lag, seconds, stalled, idle, at > self._given or not lag)
