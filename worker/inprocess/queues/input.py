"""The queues of waiting points: one per worker thread, under one common bound."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from worker.inprocess.point import DataPoint
from worker.inprocess.queues.listeners import Listeners
from worker.inprocess.settings import Overflow


class Waiting(NamedTuple):
    """A point and the time it was taken, `time.perf_counter` seconds."""

    point: DataPoint
    since: float


class WaitingPoints:
    """Bounded queues. `put` and `take` are safe from any thread; `may_wait()` tells whether it may wait for room."""

    def __init__(self, shards: int, capacity: int, overflow: Overflow, may_wait: Callable[[], bool]) -> None:
        self._queues: list[deque[Waiting]] = [deque() for _ in range(shards)]
        self._capacity, self._overflow, self._may_wait = capacity, overflow, may_wait
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)
        self._arrived = [threading.Condition(self._lock) for _ in range(shards)]
        self._idle = [False] * shards
        self._open = False
        self.listeners = Listeners()
        self.size = self.received = self.refused = self.dropped = 0

    def open(self) -> None:
        """Accept points."""
        with self._lock:
            self._open = True

    def close(self, drop: bool) -> None:
        """Accept no more points; with `drop`, drop those that wait. Wake all waiting threads."""
        with self._lock:
            self._open = False
            if drop:
                self.dropped += self.size
                self.size = 0
                for queue in self._queues:
                    queue.clear()
            for condition in (self._room, *self._arrived):
                condition.notify_all()
        self.listeners.call()

    @property
    def is_open(self) -> bool:
        """Whether points are accepted."""
        return self._open

    def put(self, shard: int, point: DataPoint, timeout: float | None, count: bool = True) -> bool:
        """Add a point; return False when closed or full (after `timeout` seconds under `block`).

        `count`: whether that counts as a refusal.
        """
        with self._lock:
            if self._open and self.size >= self._capacity and not self._make_room(timeout):
                self.refused += count
                return False
            if not self._open:
                return False
            self._queues[shard].append(Waiting(point, time.perf_counter()))
            self.size += 1
            self.received += 1
            if self._idle[shard]:
                self._arrived[shard].notify()
            return True

    def take(self, shard: int, limit: int) -> list[Waiting]:
        """Take the oldest points of one queue, at most `limit`; wait for the first. Empty = closed, none will come."""
        with self._lock:
            queue = self._queues[shard]
            self._idle[shard] = True
            self._arrived[shard].wait_for(lambda: queue or not self._open)
            self._idle[shard] = False
            if len(queue) <= limit:
                taken = list(queue)
                queue.clear()
            else:
                taken = [queue.popleft() for _ in range(limit)]
            self.size -= len(taken)
            self._room.notify_all()
        self.listeners.call()
        return taken

    def _make_room(self, timeout: float | None) -> bool:
        if self._overflow == "reject":
            return False
        if self._overflow == "drop_oldest":
            max(self._queues, key=len).popleft()
            self.size -= 1
            self.dropped += 1
            return True
        if not self._may_wait():
            return False
        return self._room.wait_for(lambda: self.size < self._capacity or not self._open, timeout)
