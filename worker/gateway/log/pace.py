"""Whether the portfolio's monitor follows the decisions."""

from __future__ import annotations

import time

from worker.gateway.log.entry import Entry
from worker.gateway.log.topic_log import TopicLog
from worker.kafka.deadline import Clock


class MonitorPace:
    """Listens to decisions and to the portfolio's steps, whose records bear the times of bars."""

    def __init__(self, decisions: TopicLog, portfolio: TopicLog, step_ms: int, clock: Clock = time) -> None:
        self._step, self._clock = step_ms, clock
        self._last: int | None = None  # time of the newest step
        self._due: float | None = None  # since when decisions of later steps are there
        decisions.listen(self._decided)
        portfolio.listen(self._stepped)

    @property
    def behind_s(self) -> float:
        """Seconds for which decisions of later steps have waited for their step."""
        return 0.0 if self._due is None else self._clock.monotonic() - self._due

    def _decided(self, entries: list[Entry]) -> None:
        if self._last is None or self._due is not None or not entries:
            return
        if max(entry.timestamp for entry in entries) >= self._last + 2 * self._step:
            self._due = self._clock.monotonic()

    def _stepped(self, entries: list[Entry]) -> None:
        self._due = None
        self._last = max((entry.timestamp for entry in entries), default=None)
