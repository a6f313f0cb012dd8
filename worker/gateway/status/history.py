"""The last minutes of the status, in memory."""

from __future__ import annotations

from collections import deque

from worker.gateway.resources.status import Status, StatusHistory

EVERY = 5  # seconds between two points
POINTS = 15 * 60 // EVERY


class History:
    """Points of the status; `rejected_share` is that of a minute."""

    def __init__(self) -> None:
        self._points: deque[tuple[Status, float | None]] = deque(maxlen=POINTS)

    def __len__(self) -> int:
        return len(self._points)

    def add(self, status: Status, rejected_share: float | None) -> None:
        """Add a point."""
        self._points.append((status, rejected_share))

    def columns(self) -> StatusHistory:
        """Return all points, the oldest first."""
        found = [status for status, _ in self._points]
        return StatusHistory(
            [one.now_ms for one in found],
            [one.level for one in found],
            [one.decisions_per_s for one in found],
            [one.p99_ms for one in found],
            [one.workers for one in found],
            [one.lag_records for one in found],
            [one.lag_seconds for one in found],
            [share for _, share in self._points],
            [one.equity for one in found],
            [one.day_return for one in found],
            [one.gross for one in found],
            [one.net for one in found],
            [one.var99 for one in found],
        )
