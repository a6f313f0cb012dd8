"""The decisions that were read and not given to the monitor yet, and how far each partition is read."""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from collections.abc import Iterable

from worker.kafka.deadline import Clock
from worker.risk.monitor import Monitor

log = logging.getLogger(__name__)
ENOUGH = 1_000  # decisions of a partition in memory, beyond which it is not read on
ROOM = 10_000  # decisions of a partition that wait in the monitor, and as many of the future: it gets no more of it
USUAL = 4  # steps of all symbols that may wait at least


class Backlog:
    """One queue a partition. A partition whose next decision is of a later step is not given on."""

    def __init__(self, partitions: int, lag_seconds: float, settle_seconds: float = 0.0, clock: Clock = time) -> None:
        """Begin without any.

        A partition that is not read to its end for `lag_seconds` lags. One at its end counts as ended for a step of the
        past once nothing has come for `settle_seconds`.
        """
        self._lag, self._settle, self._clock = lag_seconds, settle_seconds, clock
        self._read: list[deque[tuple[int, bytes]]] = [deque() for _ in range(partitions)]  # offset, value
        self._closes = [0] * partitions  # of the last decision given on
        self._full = [False] * partitions  # whether so many wait in the monitor that it gets no more
        self._at_end = [False] * partitions
        now = clock.monotonic()
        self._reached = [now] * partitions  # when each was last known to be read to its end
        self._moved = [now] * partitions  # when records of it last came
        self._came = [-math.inf] * partitions  # the same; never before the first ones
        self._told_full = [-math.inf] * partitions  # when the log last said so
        self._ends: list[tuple[int, float] | None] = [None] * partitions  # an end to reach, and when it was asked for
        self._goal: int | None = None  # the next step
        self._since = now  # when a decision that is not late first waited for it
        self._on_time = now  # when none that is late waited last

    def size(self, partition: int) -> int:
        """Return how many decisions of a partition wait."""
        return len(self._read[partition])

    def wanting(self) -> list[int]:
        """Return the partitions to read on."""
        return [partition for partition, read in enumerate(self._read) if len(read) < ENOUGH]

    def unknown(self) -> list[int]:
        """Return the partitions whose end is to be asked for."""
        return [partition for partition, end in enumerate(self._ends) if end is None]

    def told(self, partition: int, end: int, asked: float) -> None:
        """Take a partition's end, as its leader told it after `asked`, monotonic seconds."""
        self._ends[partition] = end, asked

    def took(self, partition: int, records: Iterable[tuple[int, bytes]], position: int, end: int | None) -> None:
        """Take (offset, value) that were read up to `position`; `end` is the partition's then, None = unknown."""
        read = self._read[partition]
        before = len(read)
        read.extend(records)
        if len(read) > before:
            self._moved[partition] = self._came[partition] = self._clock.monotonic()
        self._at_end[partition] = end is not None and position >= end
        told = self._ends[partition]
        if told is not None and position >= told[0] and not self._full[partition]:
            self._reached[partition], self._ends[partition] = told[1], None

    def due(self, monitor: Monitor, now: int, wait_ms: int) -> int | None:
        """Give on what the next step needs; return the step that is due at `now`, epoch ms UTC, None for none.

        A step is waited for until `wait_ms` after its time. The last one is due again where late decisions must count.
        """
        self.give(monitor, now)
        if self.late(monitor):
            return monitor.ts
        ts = monitor.next()
        if ts is not None and (ts > now or not self.complete(ts, now, patient=now < ts + wait_ms)):
            return None
        return monitor.due([True] * len(self._read), now)

    def give(self, monitor: Monitor, horizon: int) -> None:
        """Give the monitor what its next step needs: of each partition up to the first decision of a later step.

        A decision from behind `horizon`, the present time, is of a wrong clock and shows nothing. A partition of which
        too many wait is full: it goes on when some of them have counted. Those of the future have room of their own:
        they leave the others' as it is.
        """
        if not monitor.late:
            self._on_time = self._clock.monotonic()
        goal, room, future = monitor.next(), max(ROOM, USUAL * monitor.usual), monitor.future(horizon)
        for partition, read in enumerate(self._read):
            while read and not self._passed(partition, goal, horizon):
                if max(future[partition], monitor.waits(partition) - future[partition]) >= room:
                    break
                close_ts = monitor.take(partition, *read.popleft())
                if close_ts is None:
                    continue
                self._closes[partition] = close_ts
                future[partition] += close_ts > horizon
                step = monitor.step_of(close_ts)
                goal = step if goal is None else min(goal, step)
            self._full[partition] = bool(read) and not self._passed(partition, goal, horizon)
            if self._full[partition]:
                self._tell(partition, monitor.waits(partition))
        if goal is None or goal != self._goal or not monitor.on_time(goal):
            self._goal, self._since = goal, self._clock.monotonic()

    def complete(self, ts: int, horizon: int, patient: bool) -> bool:
        """Return whether no partition has more for step `ts`.

        Each has given a later decision or is read to its end, which counts only while nobody is `patient`. For a step
        of the past it counts once nothing comes any more: decisions of the past may come at a pace, and a step that is
        taken too early would count the others of its minute in later ones, so that event time ran ahead of them. Where
        they never pause, for `lag_seconds`, a step of decisions that are not late is taken all the same. Not waited for
        are a partition that is full, and one from which nothing comes for too long, although it has not ended.
        """
        now = self._clock.monotonic()
        settled = horizon - ts <= 1000 * (self._lag + self._settle) or now - self._since > self._lag
        return all(
            self._full[at]
            or self._passed(at, ts, horizon)
            or (not read and ((not patient and self._ended(at, now, settled)) or self._silent(at, now) > self._lag))
            for at, read in enumerate(self._read)
        )

    def late(self, monitor: Monitor) -> bool:
        """Return whether late decisions are to count in the last step again: so many wait, or for `lag_seconds`.

        Else they count in the next one, which may never be complete while they come. Only their own partition hurries
        them when it is full: beside one that is full for long, each late decision would be a step.
        """
        overdue = self._clock.monotonic() - self._on_time > self._lag
        return any(overdue or (at >= 0 and self._full[at]) for at in monitor.late_from())

    def lagging(self) -> list[int]:
        """Return the partitions that were not read to their end for too long."""
        now = self._clock.monotonic()
        return [partition for partition, reached in enumerate(self._reached) if now - reached > self._lag]

    def _passed(self, partition: int, ts: int | None, horizon: int) -> bool:
        return ts is not None and ts < self._closes[partition] <= horizon

    def _ended(self, partition: int, now: float, settled: bool) -> bool:
        return self._at_end[partition] and (settled or now - self._came[partition] >= self._settle)

    def _silent(self, partition: int, now: float) -> float:
        return min(now - self._reached[partition], now - self._moved[partition])

    def _tell(self, partition: int, waiting: int) -> None:
        now = self._clock.monotonic()
        if now - self._told_full[partition] > self._lag:
            self._told_full[partition] = now
            log.warning("too many decisions wait", extra={"partition": partition, "waiting": waiting})
