"""Lag of groups in records and seconds."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Collection
from typing import NamedTuple

from aiokafka import TopicPartition
from aiokafka.client import AIOKafkaClient

from worker.alerts.evaluation.sources import Row
from worker.kafka import asking
from worker.kafka.deadline import Clock
from worker.kafka.leaders import Leaders

MARKS = 1_000  # ends that are remembered of a partition


class Watched(NamedTuple):
    """A group and the topics that it may read."""

    role: str
    group: str
    tps: Collection[TopicPartition]


class _Progress:
    """One partition of a group."""

    def __init__(self, now: float) -> None:
        self.ends: deque[tuple[float, int]] = deque(maxlen=MARKS)  # when an end was seen, and which
        self.reached = now  # when the newest end that it has reached was seen
        self.committed, self.moved = -1, now


class Lags:
    """The lags of groups over time; in seconds since their first look at most."""

    def __init__(self, clock: Clock = time) -> None:
        self._clock = clock
        self._known: dict[tuple[str, TopicPartition], _Progress] = {}

    async def look(self, client: AIOKafkaClient, leaders: Leaders, watched: Watched) -> list[Row]:
        """Return a row for each partition to which the group has committed.

        Raises:
            AlphapulseError, KafkaError: no certain answer.
        """
        found = await asking.committed_positions(client, watched.group, watched.tps)
        rows = []
        for tp, position in found.items():
            if position is not None:
                end = await leaders.end(tp)
                rows.append(self.row(watched.role, watched.group, tp, position.offset, end))
        return rows

    def row(self, role: str, group: str, tp: TopicPartition, committed: int, end: int) -> Row:
        """Return the row of a partition for what is committed now and its end now."""
        now = self._clock.monotonic()
        known = self._known.setdefault((group, tp), _Progress(now))
        known.ends.append((now, end))
        while known.ends and known.ends[0][1] <= committed:
            known.reached = known.ends.popleft()[0]
        if committed != known.committed or committed >= end:
            known.committed, known.moved = committed, now
        lag = max(end - committed, 0)
        behind, stalled = (now - known.reached, now - known.moved) if lag else (0.0, 0.0)
        return Row(
            "lag",
            role,
            group,
            tp.topic,
            tp.partition,
            committed,
            lag,
            round(behind, 1),
            round(stalled, 1),
        )
