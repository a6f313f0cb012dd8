"""The pulse of the process: whether it stood still for so long that another member may have taken its place."""

from __future__ import annotations

import time

from worker.errors import TryAgain
from worker.kafka.deadline import Clock

BEAT = 0.25  # seconds


class Pulse:
    """Beats while the event loop runs: a process that SIGSTOP held, or a machine that slept, notices it at once."""

    def __init__(self, what: str, session_seconds: float, clock: Clock = time) -> None:
        """Allow pauses up to the group's session timeout; `what` is owned."""
        self._what, self._most, self._clock = what, session_seconds, clock
        self.last = clock.monotonic()

    def begin(self) -> None:
        """Begin anew, after a time without beats."""
        self.last = self._clock.monotonic()

    def beat(self, owns: bool) -> None:
        """Note a beat.

        Raises:
            TryAgain: the process `owns` what it leads, and the beat before lies too far back.
        """
        before, self.last = self.last, self._clock.monotonic()
        if owns and self.last - before > self._most:
            raise TryAgain(
                f"this process stood still for {self.last - before:.0f} s, longer than its session of "
                f"{self._most:.0f} s: another member may own {self._what}",
                "Restart it; it then waits as the standby",
            )
