"""Samples of the group's progress: ends of the input, committed offsets, rates."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from typing import Self

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from worker.demo.fleet import Fleet
from worker.demo.tail import Tail
from worker.demo.view import View, WorkerRow
from worker.kafka.client import client_options
from worker.kafka.group import committed_offsets
from worker.kafka.seams import start_consumer, stop_consumer
from worker.settings import Settings

WINDOW = 3.0  # seconds over which rates are taken


class Progress:
    """What the group has done, and what is left to do."""

    def __init__(self, settings: Settings, admin: AIOKafkaAdminClient, tail: Tail, fleet: Fleet) -> None:
        partitions = settings.topics.partitions
        self.ends: dict[int, int] = dict.fromkeys(range(partitions), 0)
        self.committed = dict(self.ends)
        self._tps = [TopicPartition(settings.topics.input, p) for p in range(partitions)]
        self._settings, self._admin, self._tail, self._fleet = settings, admin, tail, fleet
        self._offsets = AIOKafkaConsumer(**client_options(settings.kafka), group_id=None)  # never fetches
        self._begun = 0.0  # when the first record was there
        self._history: deque[tuple[float, int, int]] = deque()

    async def __aenter__(self) -> Self:
        await start_consumer(self._offsets)
        return self

    async def __aexit__(self, *_: object) -> None:
        await stop_consumer(self._offsets)

    def lag(self, partitions: Iterable[int] | None = None) -> int:
        """Return the number of records that are published but not committed, as of the last sample."""
        chosen = self.ends if partitions is None else partitions
        return sum(max(self.ends[p] - self.committed[p], 0) for p in chosen)

    async def sample(self) -> View:
        """Ask the broker and the workers; ends before commits, so that lag is never too large."""
        found = await self._offsets.end_offsets(self._tps)
        self.ends = {tp.partition: end for tp, end in found.items()}
        self.committed = await committed_offsets(self._admin, self._settings, len(self._tps))
        await self._fleet.look()
        return self._view()

    def _view(self) -> View:
        tail = self._tail
        published, rejected = sum(self.ends.values()), tail.reasons.total()
        now = time.monotonic()
        published_rate, decided_rate = self._rates(now, published, tail.decided)
        self._begun = self._begun if self._begun and published else now
        return View(
            seconds=now - self._begun,
            workers=tuple(
                WorkerRow(m.name, m.pid, m.state, m.partitions if m.alive else (), m.processed)
                for m in self._fleet.members
            ),
            published=published,
            published_rate=published_rate,
            decided=tail.decided,
            decided_rate=decided_rate,
            rejected=rejected,
            lag=self.lag(),
            recent=tuple(tail.recent),
            reasons=tuple(tail.reasons.most_common()),
        )

    def _rates(self, now: float, published: int, decided: int) -> tuple[float, float]:
        self._history.append((now, published, decided))
        while len(self._history) > 2 and now - self._history[1][0] > WINDOW:  # a sample may take as long
            self._history.popleft()
        then, published_then, decided_then = self._history[0]
        passed = max(now - then, 0.001)
        return (published - published_then) / passed, (decided - decided_then) / passed
