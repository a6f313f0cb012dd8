"""What comes out of the fleet, counted as it arrives: decisions and rejections by second and by partition."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable

from worker.gateway.log.entry import Entry
from worker.gateway.log.topic_log import TopicLog

SPAN = 600  # seconds that are remembered


class PerSecond:
    """Counts of the last `SPAN` seconds."""

    def __init__(self) -> None:
        self._counts = [0] * SPAN
        self._second = 0

    def add(self, now: float, count: int) -> None:
        """Count at a time in seconds."""
        self._to(int(now))
        self._counts[int(now) % SPAN] += count

    def last(self, now: float, seconds: int) -> int:
        """Return the count of the last whole seconds before now."""
        self._to(int(now))
        return sum(self._counts[(int(now) - back) % SPAN] for back in range(1, seconds + 1))

    def _to(self, second: int) -> None:
        for passed in range(max(self._second, second - SPAN) + 1, second + 1):
            self._counts[passed % SPAN] = 0
        self._second = max(self._second, second)


class Flow:
    """Counts one topic; what fills the log, also anew, is not counted."""

    def __init__(self, log: TopicLog, clock: Callable[[], float] = time.monotonic) -> None:
        self._log, self._clock = log, clock
        self._live = log.filled
        self.total = PerSecond()
        self.partitions: defaultdict[int, PerSecond] = defaultdict(PerSecond)
        log.listen(self._heard)

    def _heard(self, entries: list[Entry]) -> None:
        if not self._live or not entries:
            self._live = self._log.filled
            return
        now = self._clock()
        self.total.add(now, len(entries))
        counts: dict[int, int] = {}
        for entry in entries:
            counts[entry.partition] = counts.get(entry.partition, 0) + 1
        for partition, count in counts.items():
            self.partitions[partition].add(now, count)

    def rate(self, seconds: int, partition: int | None = None) -> float:
        """Return records a second over the last seconds."""
        counter = self.total if partition is None else self.partitions[partition]
        return counter.last(self._clock(), seconds) / seconds
