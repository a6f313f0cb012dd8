"""The decisions that were read and not given to the monitor yet, and how far each partition is read."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Iterable

from worker.kafka.deadline import Clock
from worker.risk.monitor import Monitor

ENOUGH = 1_000  # decisions of a partition in memory, beyond which it is not read on


class Backlog:
    """One queue a partition. A partition whose next decision is of a later step is not given on."""

    def __init__(self, partitions: int, lag_seconds: float, settle_seconds: float = 0.0, clock: Clock = time) -> None:
        """Begin without any.

        A partition that is not read to its end for `lag_seconds` lags. One at its end counts as ended once nothing has
        come for `settle_seconds`.
        """
        self._lag, self._settle, self._clock = lag_seconds, settle_seconds, clock
        self._read: list[deque[tuple[int, bytes]]] = [deque() for _ in range(partitions)]  # offset, value
        self._closes = [0] * partitions  # of the last decision given on
        self._at_end = [False] * partitions
        now = clock.monotonic()
        self._reached = [now] * partitions  # when each was last known to be read to its end
        self._moved = [now] * partitions  # when records of it last came
        self._came = [-math.inf] * partitions  # the same; never before the first ones
        self._ends: list[tuple[int, float] | None] = [None] * partitions  # an end to reach, and when it was asked for

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
        if (told := self._ends[partition]) is not None and position >= told[0]:
            self._reached[partition], self._ends[partition] = told[1], None

    def give(self, monitor: Monitor, horizon: int) -> None:
        """Give the monitor what its next step needs: of each partition up to the first decision of a later step.

        A decision from behind `horizon`, the present time, is of a wrong clock and shows nothing.
        """
        goal = monitor.next()
        for partition, read in enumerate(self._read):
            while read and not self._passed(partition, goal, horizon):
                close_ts = monitor.take(partition, *read.popleft())
                if close_ts is None:
                    continue
                self._closes[partition] = close_ts
                step = monitor.step_of(close_ts)
                goal = step if goal is None else min(goal, step)

    def complete(self, ts: int, horizon: int, patient: bool) -> bool:
        """Return whether no partition has more for step `ts`.

        Each has given a later decision or is read to its end, which counts only while nobody is `patient`, and once
        nothing comes any more: decisions of the past may come at a pace, and a step that is taken too early would count
        the others of its minute in later ones, so that event time ran ahead of them. One from which nothing comes for
        too long, although it has not ended, is not waited for.
        """
        now = self._clock.monotonic()
        return all(
            self._passed(at, ts, horizon)
            or (not read and ((not patient and self._ended(at, now)) or self._silent(at, now) > self._lag))
            for at, read in enumerate(self._read)
        )

    def lagging(self) -> list[int]:
        """Return the partitions that were not read to their end for too long."""
        now = self._clock.monotonic()
        return [partition for partition, reached in enumerate(self._reached) if now - reached > self._lag]

    def _passed(self, partition: int, ts: int | None, horizon: int) -> bool:
        return ts is not None and ts < self._closes[partition] <= horizon

    def _ended(self, partition: int, now: float) -> bool:
        return self._at_end[partition] and now - self._came[partition] >= self._settle

    def _silent(self, partition: int, now: float) -> float:
        return min(now - self._reached[partition], now - self._moved[partition])
