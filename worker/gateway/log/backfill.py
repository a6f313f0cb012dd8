"""Symbols whose newest decision is older than what is in memory: looked for in Kafka, backwards and in the background.

A position of a symbol that has been silent for long would be missing without it.
"""

from __future__ import annotations

import asyncio
import logging
import time

from aiokafka.errors import KafkaError

from worker.gateway.log.newest import Newest
from worker.gateway.log.older import Older
from worker.gateway.log.topic_log import TopicLog
from worker.kafka.backoff import BackOff

log = logging.getLogger(__name__)
BLOCK = 2_000  # offsets of a read
MOST = 5_000_000  # offsets that are looked at
REST = 3  # times as long as a read takes, between two reads: others come first
LOOK = 1.0  # seconds between two looks whether the topic is filled, or another one


class Backfill:
    """A service; it begins anew when the topic does."""

    def __init__(self, topic: TopicLog, newest: Newest, older: Older) -> None:
        self.complete = False  # whether every symbol of the topic is known
        self._topic, self._newest, self._older = topic, newest, older
        self._done = 0  # id of the topic that was looked through
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._run(), name="older symbols")

    async def stop(self) -> None:
        """Stop looking."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=1.0)

    async def _run(self) -> None:
        while True:
            topic_id = self._topic.topic_id
            if topic_id != self._done:
                self.complete = False
                if self._topic.filled:
                    places, known = list(self._topic.hot), len(self._newest)
                    self.complete = await self.look(places)
                    self._done = topic_id
                    found = {"found": len(self._newest) - known, "complete": self.complete}
                    log.info("looked for older symbols", extra=found)
            await asyncio.sleep(LOOK)  # a topic does not notify

    async def look(self, places: list[int]) -> bool:
        """Look through each partition from its place back to its beginning; return whether all was seen."""
        topic_id, looked, delays = self._topic.topic_id, 0, BackOff(0.1, 10.0)
        while any(places) and looked < MOST:
            partition = max(range(len(places)), key=places.__getitem__)
            stop = places[partition]
            begin, begun = max(stop - BLOCK, 0), time.monotonic()
            try:
                entries, first = await self._older.read(self._topic.name, partition, begin, stop)
            except (KafkaError, TimeoutError):
                await asyncio.sleep(delays.next())
                continue
            if self._topic.topic_id != topic_id:
                return False
            delays.reset()
            for entry in reversed(entries):
                self._newest.remember(entry)
            looked += stop - begin
            places[partition] = 0 if not entries and begin <= first else begin
            await asyncio.sleep(REST * (time.monotonic() - begun))
        return not any(places)
