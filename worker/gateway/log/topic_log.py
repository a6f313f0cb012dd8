"""One topic: its newest records in memory, older ones from Kafka."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from worker.gateway.log.entry import Entry
from worker.gateway.log.held import Held, Looked, Scan
from worker.gateway.log.traits import Traits

log = logging.getLogger(__name__)
Heard = Callable[[list[Entry]], None]
FOREVER = float("inf")


class TopicLog:
    """A topic as it is read; `topic_id` is 0 while it is not known to exist.

    Offsets are Kafka's; `ends` and `hot` hold one a partition.
    """

    def __init__(self, name: str, traits: Traits[Any] | None = None) -> None:
        self.name = name
        self.traits = traits  # of its records; None: they are not sorted
        self.topic_id = 0
        self.ends: list[int] = []  # the next offset that has not been read
        self.goals: list[int] | None = None  # the ends when the filling began
        self.whole = True  # whether the filling began at the first record
        self._held: list[Held] = []
        self._heard: dict[int, Heard] = {}
        self._evicted: Callable[[Entry], None] | None = None
        self._answered: float | None = None  # monotonic

    @property
    def partitions(self) -> int:
        """Number of partitions."""
        return len(self._held)

    @property
    def hot(self) -> list[int]:
        """First offset of each partition that is in memory."""
        return [held.hot for held in self._held]

    @property
    def bytes(self) -> int:
        """Memory of the records."""
        return sum(held.bytes for held in self._held)

    @property
    def age_s(self) -> float:
        """Seconds since a broker last answered; infinite before the first answer."""
        return FOREVER if self._answered is None else max(time.monotonic() - self._answered, 0.0)

    @property
    def filled(self) -> bool:
        """Whether all that was there at the start has been read."""
        return self.goals is not None and all(end >= goal for end, goal in zip(self.ends, self.goals, strict=True))

    def since(self, partition: int, offset: int, limit: int) -> list[Entry]:
        """Return records in memory from an offset on, in order."""
        return self._held[partition].since(offset, limit)

    def before(self, partition: int, offset: int, limit: int) -> list[Entry]:
        """Return records in memory before an offset, newest first."""
        return self._held[partition].before(offset, limit)

    def scan_since(self, partition: int, offset: int, stop: int, count: int, looked: Looked) -> Scan:
        """Look at `count` records in memory from an offset on, before `stop`."""
        return self._held[partition].scan_since(offset, stop, count, looked)

    def scan_before(self, partition: int, offset: int, stop: int, count: int, looked: Looked) -> Scan:
        """Look at `count` records in memory before an offset, newest first, down to `stop`."""
        return self._held[partition].scan_before(offset, stop, count, looked)

    def at(self, partition: int, offset: int) -> Entry | None:
        """Return a record in memory; None where there is none."""
        return self._held[partition].at(offset)

    def listen(self, heard: Heard) -> Callable[[], None]:
        """Call `heard` with each fetched batch, in the event loop; an empty one tells that the log began anew.

        Returns the function that ends it.
        """
        number = max(self._heard, default=0) + 1
        self._heard[number] = heard
        return lambda: self._heard.pop(number, None) and None

    def on_evicted(self, evicted: Callable[[Entry], None]) -> None:
        """Call `evicted` with each record that leaves the memory."""
        self._evicted = evicted

    def begin(self, topic_id: int, starts: Sequence[int], goals: Sequence[int], whole: bool = True) -> None:
        """Begin anew: read from `starts` on, filled at `goals`; `whole`: nothing lies before."""
        again = bool(self.topic_id)
        self.topic_id, self.whole = topic_id, whole
        self.ends, self.goals = list(starts), list(goals)
        self._held = [Held(partition, start, self.traits) for partition, start in enumerate(starts)]
        if again:
            self._tell([])

    def forget(self) -> None:
        """Note that the topic does not exist."""
        self.begin(0, (), ())
        self.goals = None

    def answered(self, seconds_ago: float = 0.0) -> None:
        """Note that a broker answered."""
        self._answered = time.monotonic() - seconds_ago

    def took(self, entries: list[Entry], ends: Sequence[int]) -> None:
        """Add records, each partition's in order, and the offsets up to which it has been read."""
        for entry in entries:
            self._held[entry.partition].append(entry)
        self.ends = list(ends)
        if entries:
            self._tell(entries)

    def evict(self) -> None:
        """Forget the oldest record of the partition that takes most memory."""
        entry = max(self._held, key=lambda held: held.bytes).evict()
        if self._evicted:
            self._evicted(entry)

    def _tell(self, entries: list[Entry]) -> None:
        for heard in list(self._heard.values()):
            try:
                heard(entries)
            except Exception:  # one listener must not end the reading for all
                log.exception("a listener failed", extra={"topic": self.name})
